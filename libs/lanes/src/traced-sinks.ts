import type { Span, Tracer } from './ports/tracer.ts';
import { ATTRIBUTE } from './span-attributes.ts';
import type { Delivery, Sink } from './stage.ts';

/** The sinks, with a span for each try to deliver a value that is sampled. */
export function tracedSinks(
  sinks: ReadonlyMap<string, Sink>,
  tracer: Tracer,
  pipeline: string,
): ReadonlyMap<string, Sink> {
  if (!tracer.active) return sinks;
  return new Map([...sinks].map(([name, sink]) => [name, tracedSink(name, sink, tracer, pipeline)]));
}

function tracedSink(name: string, sink: Sink, tracer: Tracer, pipeline: string): Sink {
  function start({ id, trace }: Delivery): Span {
    const attributes = {
      [ATTRIBUTE.pipeline]: pipeline,
      [ATTRIBUTE.stage]: 'route',
      [ATTRIBUTE.sink]: name,
      [ATTRIBUTE.delivery]: id,
    };
    return tracer.start({ name: `deliver ${name}`, kind: 'client', attributes }, trace!);
  }

  return {
    async deliver(batch) {
      const spans = new Map<string, Span>();
      for (const delivery of batch) if (delivery.trace !== null) spans.set(delivery.id, start(delivery));
      try {
        const refusals = await sink.deliver(batch);
        for (const { id, code, message } of spans.size === 0 ? [] : refusals) {
          spans.get(id)?.set({ [ATTRIBUTE.code]: code });
          spans.get(id)?.fail(`${code}: ${message}`);
        }
        return refusals;
      } catch (error) {
        for (const span of spans.values()) span.fail(error instanceof Error ? error.message : String(error));
        throw error;
      } finally {
        for (const span of spans.values()) span.end();
      }
    },
    close: () => sink.close(),
  };
}
