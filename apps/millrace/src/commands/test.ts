import { type OpenTables, openTables, tableKinds } from '@millrace/enrich/tables';
import type { CasePlan, Plan } from '@millrace/pipeline/plan';
import { EXIT } from '@millrace/service/exit-codes';
import { Failure } from '@millrace/service/failure';
import { mismatches } from '../cases/expectation.ts';
import { GivenError } from '../cases/given.ts';
import { runCase } from '../cases/run-case.ts';
import type { CommandModule, Surroundings } from '../command.ts';
import { requirePlan } from '../load-pipeline.ts';
import type { Terminal } from '../terminal.ts';

export const test: CommandModule = {
  name: 'test',
  summary: "run a pipeline's cases through its stages, in their own time",
  examples: [
    ['millrace test pipeline.yaml', 'prints ✓ or ✗ for each case, with what differs'],
    ['millrace test pipeline.yaml --only velocity', 'only cases with this in their name'],
  ],
  declare(command, surroundings, end) {
    command
      .description(ABOUT)
      .argument('<file>', 'a pipeline document')
      .option('--only <text>', 'only cases whose name contains this')
      .action(async (file: string, { only }: { readonly only?: string }) => {
        const plan = await requirePlan(file);
        const cases = plan.cases.filter(({ name }) => only === undefined || name.includes(only));
        if (cases.length === 0) throw new Failure(noCases(file, plan, only), EXIT.faults);
        end((await runCases(plan, cases, file, surroundings)) ? EXIT.ok : EXIT.faults);
      });
  },
};

const ABOUT = `Runs a pipeline's cases through its stages, in their own time and without sources or sinks.

An event that names no source needs only the fields that the case is about: other fields that the schema requires get
example values, its time goes along with \`every\`, and its id is unique. At the end the sources have ended, so that
every window closes. Each item of \`expect\` has to be matched by an output of its own, in any order, that has at least
its fields; an empty list wants none; a list that isn't there is not looked at.`;

async function runCases(
  plan: Plan,
  cases: readonly CasePlan[],
  file: string,
  { out, err }: Surroundings,
): Promise<boolean> {
  const opened = await openTables(plan, tableKinds, (message) => err.line(message));
  let failed = 0;
  try {
    for (const each of cases) if (!(await runOne(plan, opened, each, file, out))) failed++;
  } finally {
    await opened.close();
  }
  const passed = cases.length - failed;
  out.line(
    failed === 0
      ? out.paint('green', `${passed} passed`)
      : out.paint('red', `${failed} failed, ${passed} passed`),
  );
  return failed === 0;
}

async function runOne(
  plan: Plan,
  tables: OpenTables,
  testCase: CasePlan,
  file: string,
  out: Terminal,
): Promise<boolean> {
  const problems = await problemsOf(plan, tables, testCase);
  if (problems.length === 0) {
    out.line(`${out.paint('green', '✓')} ${testCase.name}`);
    return true;
  }
  out.line(`${out.paint('red', '✗')} ${testCase.name} ${out.paint('dim', `(${file}:${testCase.line})`)}`);
  for (const line of problems) out.line(`    ${painted(line, out)}`);
  return false;
}

async function problemsOf(plan: Plan, tables: OpenTables, testCase: CasePlan): Promise<string[]> {
  try {
    const outputs = await runCase(plan, tables, testCase);
    const problems = mismatches(testCase.expect, outputs).flatMap(({ what, lines }) => [
      `${what}:`,
      ...lines.map((line) => `  ${line}`),
    ]);
    if (problems.length === 0 || testCase.expect.deadletters !== undefined) return problems;
    return [...problems, ...refusals(outputs.deadletters)];
  } catch (error) {
    if (error instanceof GivenError) return [error.message];
    throw error;
  }
}

/** Often why what was expected did not come. */
function refusals(deadLetters: readonly Record<string, unknown>[]): string[] {
  const [first] = deadLetters;
  if (first === undefined) return [];
  const more = deadLetters.length === 1 ? '' : ` (and ${deadLetters.length - 1} more)`;
  return [`there is a dead letter: ${first.code}: ${first.message}${more}`];
}

function painted(line: string, { paint }: Terminal): string {
  if (line.startsWith('  - ')) return paint('red', line);
  return line.startsWith('  + ') ? paint('green', line) : line;
}

function noCases(file: string, { cases }: Plan, only: string | undefined): string {
  if (cases.length === 0)
    return `${file} has no cases. Add some under \`cases:\`: what is given and what is expected.`;
  return `no case of ${file} has "${only}" in its name; there are: ${cases.map(({ name }) => name).join('; ')}.`;
}
