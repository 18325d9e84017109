#!/bin/sh
# The namespace and the search attributes that Holdfast needs, registered where missing. Ends only when the server answers
# a query about each attribute: from then on workers can start, whatever the server's caches do.
# Where: TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, which the temporal command reads itself.
set -eu

# Keep orders readable in Temporal for this long after they ended. Only a new namespace gets it.
retention=${TEMPORAL_RETENTION:-72h}
tries=${TEMPORAL_WAIT_TRIES:-60}

# until_done <what> <command…>: tries the command every two seconds; shows its last words if it never succeeds.
until_done() {
  what=$1
  shift
  try=1
  until said=$("$@" 2>&1); do
    if [ "$try" -ge "$tries" ]; then
      echo "$what: gave up after $try tries: $said" >&2
      exit 1
    fi
    try=$((try + 1))
    sleep 2
  done
  echo "$what: done"
}

namespace_exists_or_is_made() {
  temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" ||
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$retention"
}

until_done 'server is healthy' temporal operator cluster health
until_done "namespace $TEMPORAL_NAMESPACE" namespace_exists_or_is_made
until_done 'search attribute OrderOutcome' temporal operator search-attribute create --name OrderOutcome --type Keyword
until_done 'search attribute OrderTotal' temporal operator search-attribute create --name OrderTotal --type Int
until_done 'query by OrderOutcome' temporal workflow count --query "OrderOutcome = 'cancelled'"
until_done 'query by OrderTotal' temporal workflow count --query "OrderTotal > 0"
