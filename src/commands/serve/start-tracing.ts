import type { Tracing } from '../../adapters/opentelemetry/tracing.js';
import type { Config } from '../../config.js';

/**
 * Tracing as the OTEL_ variables ask for it; without an endpoint there is none, and nothing of it is loaded. To be called
 * once, before what is traced.
 */
export async function tracingOf(config: Config): Promise<Tracing | undefined> {
  const endpoint = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined || config.OTEL_SDK_DISABLED || config.OTEL_TRACES_EXPORTER === 'none') return undefined;
  const { startTracing } = await import('../../adapters/opentelemetry/tracing.js');
  return startTracing();
}
