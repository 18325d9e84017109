import { Problem } from './problems.js';

const LIST = /^\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*\s*$/;
const TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g;

/** The entity tag of a version. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * The versions that a request with `If-Match` (RFC 9110, 13.1.1) is meant for; undefined if any version will do. A tag
 * that is weak or not ours matches no version.
 * @throws Problem `validation-error` if it is not a list of entity tags
 */
export function expectedVersions(header: string | undefined): readonly number[] | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  if (!LIST.test(header)) {
    const detail = 'must be the ETag of an earlier answer in its double quotes, or *';
    throw new Problem('validation-error', 'The header If-Match cannot be read.', {
      errors: [{ pointer: 'If-Match', detail }],
    });
  }
  return [...header.matchAll(TAG)].flatMap(([, weak, tag = '']) =>
    weak === undefined && /^[1-9]\d{0,9}$/.test(tag) ? [Number(tag)] : [],
  );
}

/** The answer to a request for a different version. */
export function changedMeanwhile(version: number): Problem {
  const detail = `The current version is ${version}. Read it again, and send your change with its new ETag.`;
  return new Problem('precondition-failed', detail, { version }, { ETag: etagOf(version) });
}
