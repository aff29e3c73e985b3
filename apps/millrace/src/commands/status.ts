import type { PipelineStatus, ServiceStatus, StageStatus } from '@millrace/lanes/status';
import { EXIT } from '@millrace/service/exit-codes';
import type { CommandModule } from '../command.ts';
import { at, declarePlace, type PlaceOptions } from '../look/place-options.ts';
import { auditText } from '../run/audit-text.ts';
import type { Terminal } from '../terminal.ts';

export const status: CommandModule = {
  name: 'status',
  summary: 'print the audit, rates, latency and lag of a pipeline',
  examples: [
    ['millrace status', 'of the pipeline at http://127.0.0.1:8080'],
    ['millrace status --data .millrace/payments', 'of one that does not run, as it was left'],
    ['millrace status --json', 'as a JSON object; ends with 1 if the audit does not add up'],
  ],
  declare(command, { out }, end) {
    declarePlace(command)
      .option('--json', 'as a JSON object')
      .action(async (options: PlaceOptions & { readonly json?: boolean }) => {
        const found = await at(options, (place) => place.status());
        if (options.json) out.line(JSON.stringify(found));
        else out.line(statusText(found, options.data !== undefined, out));
        end(found.audit.balanced ? EXIT.ok : EXIT.faults);
      });
  },
};

function statusText(status: PipelineStatus, atRest: boolean, { paint }: Terminal): string {
  const { pipeline, state, audit, stages, lanes, deadLetters, gaps, services } = status;
  const ill = services.filter((each) => each.state !== 'running' || each.reasons.length > 0);
  const stopped = lanes.filter((lane) => lane.stopped !== null);
  return [
    `${paint('bold', pipeline)}: ${atRest ? 'not running here' : state}`,
    auditText(audit),
    ...(atRest ? [] : ['', ...stages.map(stageLine)]),
    ...stopped.map((lane) => paint('red', `lane ${lane.lane} stopped: ${lane.stopped!.message}`)),
    ...ill.map((each) => paint('yellow', serviceLine(each, services))),
    ...(gaps > 0 ? [paint('red', `${gaps} gaps: an event had vanished`)] : []),
    ...Object.entries(deadLetters).map(([code, count]) => `  dead letters since the start: ${count} ${code}`),
  ].join('\n');
}

function serviceLine(
  { service, instance, state, reasons }: ServiceStatus,
  all: readonly ServiceStatus[],
): string {
  const isCovered = all.some((each) => each.service === service && each.state === 'running');
  const advice =
    state === 'silent' && !isCovered ? ['no other one runs: start it again, what waits for it is kept'] : [];
  return [`${service} (${instance}) is ${state}`, ...reasons, ...advice].join('; ');
}

function stageLine({ name, eventsPerSecond, latency, lag }: StageStatus): string {
  const delay = latency === null ? '' : `  p50 ${latency.p50Ms} ms, p99 ${latency.p99Ms} ms`;
  return `  ${name.padEnd(10)}${eventsPerSecond.toFixed(0).padStart(8)}/s  lag ${lag}${delay}`;
}
