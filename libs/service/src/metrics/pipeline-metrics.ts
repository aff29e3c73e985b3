import { OUTCOMES } from '@millrace/lanes/audit';
import type { PipelineStatus } from '@millrace/lanes/status';
import type { MetricDefinition } from './metric.ts';

/** Of a whole pipeline: what serve says, and the program that runs all stages in one process. */
export const PIPELINE_METRICS: readonly MetricDefinition<PipelineStatus>[] = [
  {
    kind: 'counter',
    name: 'millrace_events_total',
    help: 'Events that were acknowledged.',
    labels: [],
    read: ({ audit }) => [[audit.events]],
  },
  {
    kind: 'counter',
    name: 'millrace_outcomes_total',
    help: 'Events by what became of them.',
    labels: ['outcome'],
    read: ({ audit }) => OUTCOMES.map((outcome) => [audit[outcome], outcome] as const),
  },
  {
    kind: 'gauge',
    name: 'millrace_in_flight',
    help: 'Events acknowledged and without an outcome yet.',
    labels: [],
    read: ({ audit }) => [[audit.inFlight]],
  },
  {
    kind: 'gauge',
    name: 'millrace_audit_balanced',
    help: '1 while every event is accounted for; 0 is an alarm.',
    labels: [],
    read: ({ audit }) => [[audit.balanced ? 1 : 0]],
  },
  {
    kind: 'gauge',
    name: 'millrace_services',
    help: 'Replicas of a service that are heard of.',
    labels: ['service'],
    read: ({ services }) => {
      const heard = Map.groupBy(
        services.filter(({ state }) => state !== 'silent' && state !== 'ended'),
        ({ service }) => service,
      );
      return [...heard].map(([service, replicas]) => [replicas.length, service] as const);
    },
  },
];
