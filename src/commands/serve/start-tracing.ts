import type { Tracing } from '../../adapters/opentelemetry/tracing.js';
import type { Config } from '../../config.js';

/**
 * Starts tracing as the OTEL_ variables configure it; without an endpoint, nothing is loaded. Call it once, before
 * anything that is traced.
 */
export async function tracingOf(config: Config): Promise<Tracing | undefined> {
  const endpoint = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined || config.OTEL_SDK_DISABLED || config.OTEL_TRACES_EXPORTER === 'none') return undefined;
  const { startTracing } = await import('../../adapters/opentelemetry/tracing.js');
  return startTracing();
}
