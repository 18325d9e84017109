// The metrics of this process in Prometheus' format. What is counted is decided elsewhere.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import pTimeout from 'p-timeout';

export interface Sample {
  labels?: Record<string, string>;
  value: number;
}

/** A gauge that is read when the metrics are scraped. */
export interface GaugeSource {
  name: string;
  help: string;
  labels?: readonly string[];
  read(): Promise<Sample[]> | Sample[];
}

/** A counter. */
export interface CountedSource {
  name: string;
  help: string;
  labels: readonly string[];
}

export interface Request {
  method: string;
  /** The pattern of the route, not the path: few values. */
  route: string;
  status: number;
  seconds: number;
}

export type Metrics = ReturnType<typeof createMetrics>;

const READ_MS = 2_000;
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The metrics of one process, in the text format of Prometheus (0.0.4). */
export function createMetrics() {
  const registry = new Registry();
  const texts: { name: string; read: () => Promise<string> }[] = [];
  collectDefaultMetrics({ register: registry });

  const requests = new Histogram({
    name: 'holdfast_http_request_seconds',
    help: 'Time to answer a request, by route and status; a stream counts until it begins',
    labelNames: ['method', 'route', 'status'],
    buckets: REQUEST_BUCKETS,
    registers: [registry],
  });
  const faults = new Counter({
    name: 'holdfast_metrics_faults_total',
    help: 'Gauges that could not be read for a scrape',
    labelNames: ['source'],
    registers: [registry],
  });

  return {
    observeRequest({ method, route, status, seconds }: Request): void {
      requests.observe({ method, route, status: String(status) }, seconds);
    },
    /** @returns a function that adds to it; default: 1 */
    addCounter({ name, help, labels }: CountedSource): (labels: Record<string, string>, by?: number) => void {
      const counter = new Counter({ name, help, labelNames: [...labels], registers: [registry] });
      return (of, by = 1) => counter.inc(of, by);
    },
    /** A gauge that cannot be read is omitted instead of showing an old value. */
    addGauge({ name, help, labels = [], read }: GaugeSource): void {
      const gauge: Gauge = new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers: [registry],
        collect: async () => {
          const samples = await readInTime(read).catch((): Sample[] => {
            faults.inc({ source: name });
            return [];
          });
          gauge.reset();
          // Without labels, a reset leaves a zero behind, which would be wrong.
          if (labels.length === 0) gauge.remove();
          for (const sample of samples) gauge.set(sample.labels ?? {}, sample.value);
        },
      });
    },
    /** Metrics from elsewhere, already as text. */
    addText(name: string, read: () => Promise<string>): void {
      texts.push({ name, read });
    },
    async text(): Promise<string> {
      const others = await Promise.all(
        texts.map(async ({ name, read }) =>
          readInTime(read).catch(() => {
            faults.inc({ source: name });
            return '';
          }),
        ),
      );
      return [await registry.metrics(), ...others].join('\n');
    },
  };
}

async function readInTime<T>(read: () => Promise<T> | T): Promise<T> {
  return pTimeout(Promise.resolve().then(read), { milliseconds: READ_MS });
}
