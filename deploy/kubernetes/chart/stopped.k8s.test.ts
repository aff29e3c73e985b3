import { expect, test } from '@jest/globals';
import { CASES, manifests, ofKind, refusal } from '../fixtures/chart.ts';

const scaled = (set: string) => {
  const all = manifests([...CASES.production, '--set', set]);
  const autoscalers = [...ofKind(all, 'HorizontalPodAutoscaler'), ...ofKind(all, 'ScaledObject')];
  return {
    without: ofKind(all, 'Deployment')
      .filter(({ spec }) => spec.replicas === 0)
      .map(({ metadata }) => metadata.name),
    autoscaled: autoscalers.map(({ metadata }) => metadata.name).sort(),
  };
};
const STAGES = [
  'orders-aggregate',
  'orders-enrich',
  'orders-ingest',
  'orders-route',
  'orders-serve',
  'orders-validate',
];

test('stages that are stopped have no pods, and nothing that would bring them back', () => {
  expect(scaled('stopped={ingest,route}')).toEqual({
    without: ['orders-ingest', 'orders-route'],
    autoscaled: STAGES.filter((name) => !['orders-ingest', 'orders-route'].includes(name)),
  });
});

test('none is, unless it is said', () => {
  expect(scaled('stopped={}')).toEqual({ without: [], autoscaled: STAGES });
});

test('a stage that there is not can’t be stopped', () => {
  expect(refusal([...CASES.production, '--set', 'stopped={merge}'])).toMatch(/\/stopped\/0/);
});
