import type { InnerSinkKind } from '../sink.ts';

/** Keeps a route's events among the results, under the route's name. Windows and alerts are kept anyway. */
export const storeSink: InnerSinkKind = {
  name: 'store',
  summary: 'Keeps the events among the results, for queries.',
  reach: 'inner',
  shorthand: 'table',
  settings: {
    type: 'object',
    additionalProperties: false,
    required: ['table'],
    properties: {
      table: {
        const: 'events',
        description: 'Only events: windows and alerts are always stored.',
        examples: ['events'],
      },
    },
  },
  check: (_, { from }) =>
    from === 'events' ? null : `only events are stored by a route, ${from} always are: remove this sink`,
  connect(plan, route) {
    return ({ id, key, time, seq, value }, out) => {
      out.store({
        table: 'events',
        pipeline: plan.pipeline,
        version: { position: seq, revision: 0 },
        route: route.name,
        id,
        key,
        time,
        event: value,
      });
    };
  },
};
