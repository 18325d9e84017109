import { z } from 'zod';
import { BOTH, form, optionalText } from './kinds.js';
import { group } from './settings.js';

const COLLECTOR = 'an http or https URL, such as http://localhost:4318';

/** OpenTelemetry's own variables, with the names and meanings of its specification. */
export const tracingVariables = {
  ...group('Tracing', {
    OTEL_EXPORTER_OTLP_ENDPOINT: form(COLLECTOR, isHttpUrl).meta({
      secret: 'credentials',
      usedBy: BOTH,
      description:
        'Where traces go, by OTLP over HTTP in JSON, such as http://localhost:4318 (/v1/traces is added); empty: nothing is traced.',
    }),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: form(COLLECTOR, isHttpUrl).meta({
      secret: 'credentials',
      usedBy: BOTH,
      description: 'The same for traces alone, as a whole URL to which nothing is added.',
    }),
    OTEL_EXPORTER_OTLP_HEADERS: form('name=value, several with commas', areHeaders).meta({
      secret: 'all',
      usedBy: BOTH,
      description: 'Headers for the collector, such as authorization=Bearer%20secret, several with commas.',
    }),
    OTEL_SERVICE_NAME: optionalText().meta({
      usedBy: BOTH,
      description: 'The name of this service in traces; empty: holdfast.',
    }),
    OTEL_RESOURCE_ATTRIBUTES: optionalText().meta({
      usedBy: BOTH,
      description:
        'Further attributes of this process in traces, such as deployment.environment=test, several with commas.',
    }),
    OTEL_TRACES_SAMPLER: form('one of the samplers of the OpenTelemetry specification', isSampler).meta({
      usedBy: BOTH,
      description:
        'always_on, always_off, traceidratio or one of these after parentbased_; empty: parentbased_always_on.',
    }),
    OTEL_TRACES_SAMPLER_ARG: form('a number from 0 to 1', isPart).meta({
      usedBy: BOTH,
      description: 'For traceidratio: the fraction of traces that is kept, from 0 to 1.',
    }),
    OTEL_TRACES_EXPORTER: form('otlp or none', isExporter).meta({
      usedBy: BOTH,
      description: 'none turns tracing off, whatever else is set; empty: otlp.',
    }),
    // By the specification anything but "true" is false.
    OTEL_SDK_DISABLED: z
      .string()
      .transform((text) => text.trim().toLowerCase() === 'true')
      .default(false)
      .meta({ usedBy: BOTH, description: 'true turns tracing off, whatever else is set.' }),
  }),
};

function areHeaders(text: string): boolean {
  return text.split(',').every((pair) => /^\s*[\w!#$%&'*+.^`|~-]+\s*=[^=\s][^\s]*\s*$/.test(pair));
}

function isSampler(text: string): boolean {
  return /^(?:parentbased_)?(?:always_on|always_off|traceidratio)$/.test(text);
}

function isPart(text: string): boolean {
  return /^(?:0(?:\.\d+)?|1(?:\.0+)?)$/.test(text);
}

function isExporter(text: string): boolean {
  return text === 'otlp' || text === 'none';
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^/\s]+/.test(text) && URL.canParse(text);
}
