import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { ANSWER_HEADERS } from '../../src/api/requests/answers.js';
import { createApp, type AppOptions } from '../../src/api/app.js';
import { documentOf, type ApiDocument } from '../../src/api/document/document.js';

type Answered = Pick<Response, 'status' | 'headers'>;

interface Documented {
  description: string;
  headers?: Record<string, { $ref: string }>;
  content?: Record<string, unknown>;
}

interface Operation {
  responses: Record<number, Documented>;
}

/** The document of all routes, as the product serves it. */
export function apiDocument(): ApiDocument {
  const overNothing = { guards: [], maxBodyBytes: 65_536, log: { warn: () => {}, error: () => {} } };
  return documentOf(createApp(overNothing as unknown as AppOptions));
}

/** How the answers of one API are held against its document. `text` is left out for a stream. */
export function createAnswerCheck(document: ApiDocument) {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
  addFormats.default(ajv);
  ajv.addSchema(closed(document), 'api');
  const compiled = new Map<string, ValidateFunction>();
  const validator = (pointer: string): ValidateFunction => {
    const known = compiled.get(pointer) ?? ajv.compile({ $ref: `api#${pointer}` });
    compiled.set(pointer, known);
    return known;
  };
  const templates = Object.keys(document.paths ?? {}).map((path) => ({ path, parts: path.split('/') }));

  /** @throws Error that names the route and each fault of its answer */
  return (method: string, target: string, answer: Answered, text?: string): void => {
    const faults = method === 'OPTIONS' ? [] : faultsOf(method, target.replace(/[?#].*$/, ''), answer, text);
    if (faults.length > 0) {
      throw new Error(
        `${method} ${target} answered ${answer.status}, and not as documented: ${faults.join('; ')}\n${text ?? ''}`,
      );
    }
  };

  function faultsOf(method: string, path: string, answer: Answered, text: string | undefined): string[] {
    const { status, headers } = answer;
    const type = (headers.get('content-type') ?? '').replace(/;.*$/, '');
    const route = routeOf(path);
    const key = method === 'HEAD' ? 'get' : method.toLowerCase();
    const responses = route === undefined ? undefined : operationOf(route, key)?.responses;
    if (route === undefined || responses === undefined) {
      if (status < 400 || type !== 'application/problem+json')
        return [`there is no such route, and it answers ${type}`];
      return bodyFaults('/components/schemas/Problem', text);
    }
    const documented = responses[status];
    if (documented === undefined) return [`the status ${status} is not documented`];
    const at = `/paths/${escape(route)}/${key}/responses/${status}/content`;
    const wanted = Object.keys(documented.content ?? {});
    const faults = headerFaults(documented, headers);
    if (wanted.length === 0) return text === undefined || text === '' ? faults : [...faults, 'it has a body'];
    if (!wanted.includes(type)) return [...faults, `its type is ${type}, not ${wanted.join(' or ')}`];
    if (method === 'HEAD' || type === 'text/event-stream') return faults;
    return [...faults, ...bodyFaults(`${at}/${escape(type)}/schema`, text)];
  }

  function bodyFaults(pointer: string, text: string | undefined): string[] {
    if (text === undefined) return [];
    const validate = validator(pointer);
    if (validate(JSON.parse(text))) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
    );
  }

  function operationOf(route: string, method: string): Operation | undefined {
    const item = document.paths?.[route] as Record<string, Operation> | undefined;
    return item?.[method];
  }

  function routeOf(path: string): string | undefined {
    const parts = path.split('/');
    const fits = templates.filter(
      (template) =>
        template.parts.length === parts.length &&
        template.parts.every((part, i) => (part.startsWith('{') ? parts[i] !== '' : part === parts[i])),
    );
    return fits.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0]?.path;
  }
}

function headerFaults({ headers = {} }: Documented, given: Headers): string[] {
  return Object.entries(ANSWER_HEADERS).flatMap(([name, { required, schema }]) => {
    const value = given.get(name);
    if (!Object.hasOwn(headers, name)) return value === null ? [] : [`the header ${name} is not documented`];
    if (value === null) return required ? [`the header ${name} is missing`] : [];
    const pattern = 'pattern' in schema ? schema.pattern : schema.type === 'integer' ? '^[0-9]+$' : '.';
    return new RegExp(pattern).test(value) ? [] : [`the header ${name} is ${value}`];
  });
}

/** The document with no room for fields that it does not name: clients must bear them, tests should see them. */
function closed(node: unknown): object {
  const close = (value: unknown, open: boolean): unknown => {
    if (Array.isArray(value)) return value.map((one) => close(one, open));
    if (typeof value !== 'object' || value === null) return value;
    const inner = Object.entries(value).map(([key, one]) => [key, close(one, key === 'allOf')]);
    const shut = 'properties' in value && !('additionalProperties' in value) && !open;
    return { ...Object.fromEntries(inner), ...(shut ? { additionalProperties: false } : {}) };
  };
  return close(node, false) as object;
}

function escape(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D');
}

let checkOfOurs: ReturnType<typeof createAnswerCheck> | undefined;

/** Fails the test when an answer of the API is not as its document says. */
export function asDocumented(method: string, path: string, answer: Answered, text?: string): void {
  checkOfOurs ??= createAnswerCheck(apiDocument());
  checkOfOurs(method, path, answer, text);
}
