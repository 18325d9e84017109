/** What a file takes, in seconds, where that is known to be long. None of them must be the last to begin. */
const SECONDS = {
  'integration/cancel-stages': 165,
  'integration/try-next': 100,
  'integration/races/accepting': 90,
  'integration/up-signals': 70,
  'integration/races/events': 57,
  'integration/checkout': 50,
  'integration/import': 45,
  'integration/events/crash': 45,
  'integration/races/outage': 45,
  'integration/races/money': 45,
  'integration/races/clocks': 40,
  'integration/races/lost-runs': 40,
  'integration/up-twice': 40,
  'workflows/unknown-refunds': 50,
};
/** What any other file of a folder takes. */
const USUAL = { integration: 15, workflows: 20, unit: 1 };

/** Begins with the files that take longest, so that all workers are busy until the end. */
export default class LongestFirst {
  sort(tests) {
    return [...tests].sort((one, other) => secondsOf(other) - secondsOf(one) || (one.path < other.path ? -1 : 1));
  }

  shard(tests, { shardIndex, shardCount }) {
    return this.sort(tests).filter((_, index) => index % shardCount === shardIndex - 1);
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
}

function secondsOf({ path }) {
  const [, name = ''] = /\/test\/(.*)\.test\.tsx?$/.exec(path.replaceAll('\\', '/')) ?? [];
  return SECONDS[name] ?? USUAL[name.split('/', 1)[0]] ?? 0;
}
