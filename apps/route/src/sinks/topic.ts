import { laneOf } from '@millrace/lanes/murmur2';
import { traceHeaders } from '@millrace/lanes/trace-context';
import type { InnerSinkKind } from '../sink.ts';

const encoder = new TextEncoder();

interface TopicConfig {
  readonly name: string;
}

/** A topic of the embedded log that the user named, as JSON; the key picks the lane. */
export const topicSink: InnerSinkKind = {
  name: 'topic',
  summary: 'Appends JSON records to a topic of the embedded log.',
  reach: 'inner',
  shorthand: 'name',
  settings: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: {
        type: 'string',
        pattern: '^[a-zA-Z0-9._-]{1,200}$',
        description: 'The topic, none of the pipeline’s own.',
        examples: ['fraud.alarms'],
      },
    },
  },
  check(config, { pipeline }) {
    const { name } = config as unknown as TopicConfig;
    const own = name.startsWith(`${pipeline}.`) && OWN_TOPICS.has(name.slice(pipeline.length + 1));
    return own ? `${name} is one of the pipeline's own topics: choose another name` : null;
  },
  connect(plan, route, sink) {
    const topic = (sink.config as unknown as TopicConfig).name;
    return ({ from, id, key, trace, value }, out) => {
      out.append(topic, laneOf(key, plan.lanes), {
        key: encoder.encode(key),
        value: encoder.encode(JSON.stringify(value)),
        headers: {
          'content-type': 'application/json',
          'millrace-pipeline': plan.pipeline,
          'millrace-route': route.name,
          'millrace-from': from,
          'millrace-id': id,
          ...(trace !== null && traceHeaders(trace)),
        },
      });
    };
  },
};

const OWN_TOPICS: ReadonlySet<string> = new Set([
  'raw',
  'validated',
  'enriched',
  'aggregated',
  'windows',
  'alerts',
  'partials',
  'deadletters',
]);
