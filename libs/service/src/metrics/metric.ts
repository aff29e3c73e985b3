import type { LatencyHistogram } from '@millrace/lanes/measures';
import { Counter, Gauge, type Registry } from 'prom-client';

/** A value and its labels' values, in the order of `labels`. */
export type Sample = readonly [value: number, ...labels: string[]];

/** One name of `/metrics`, read from what is counted elsewhere when it is asked for. */
export interface MetricDefinition<S> {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  /** After the labels that all have. */
  readonly labels: readonly string[];
  read(source: S): readonly Sample[];
}

export interface HistogramDefinition<S> {
  readonly kind: 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readHistograms(source: S): readonly (readonly [histogram: LatencyHistogram, ...labels: string[]])[];
}

const MS_PER_SECOND = 1_000;

/** @param common labels of every sample, such as the pipeline. */
export function registerMetric<S>(
  registry: Registry,
  definition: MetricDefinition<S> | HistogramDefinition<S>,
  source: () => readonly (readonly [common: Readonly<Record<string, string>>, source: S])[],
): void {
  if (definition.kind === 'histogram') {
    registry.registerMetric(new LatencyMetric(definition, source) as unknown as Gauge);
    return;
  }
  const { kind, name, help, labels, read } = definition;
  const commonNames = ['pipeline'];
  const options = { name, help, labelNames: [...commonNames, ...labels], registers: [registry] };
  const samples = () =>
    source().flatMap(([common, from]) =>
      read(from).map(([value, ...values]) => ({ value, of: { ...common, ...named(labels, values) } })),
    );
  if (kind === 'gauge') {
    const gauge = new Gauge({
      ...options,
      collect() {
        gauge.reset();
        for (const { of, value } of samples()) gauge.set(of, value);
      },
    });
    return;
  }
  const counter = new Counter({
    ...options,
    // The totals are kept elsewhere; set anew for each scrape.
    collect() {
      counter.reset();
      for (const { of, value } of samples()) counter.inc(of, value);
    },
  });
}

function named(labels: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(labels.map((label, i) => [label, values[i]!]));
}

/** prom-client's own histogram counts by itself, which would be done twice for every record. */
class LatencyMetric<S> {
  readonly name: string;
  readonly #definition: HistogramDefinition<S>;
  readonly #source: () => readonly (readonly [common: Readonly<Record<string, string>>, source: S])[];

  constructor(
    definition: HistogramDefinition<S>,
    source: () => readonly (readonly [common: Readonly<Record<string, string>>, source: S])[],
  ) {
    this.name = definition.name;
    this.#definition = definition;
    this.#source = source;
  }

  /** As `Registry.metrics` asks every metric. */
  async get() {
    const { name, help, labels, readHistograms } = this.#definition;
    const values = this.#source().flatMap(([common, from]) =>
      readHistograms(from).flatMap(([{ below, count, sumMs }, ...names]) => {
        const of = { ...common, ...named(labels, names) };
        const bucket = (le: number | string, value: number) => ({
          metricName: `${name}_bucket`,
          labels: { ...of, le },
          value,
        });
        return [
          ...below.map(([belowMs, times]) => bucket(belowMs / MS_PER_SECOND, times)),
          bucket('+Inf', count),
          { metricName: `${name}_sum`, labels: of, value: sumMs / MS_PER_SECOND },
          { metricName: `${name}_count`, labels: of, value: count },
        ];
      }),
    );
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }

  reset(): void {}
}
