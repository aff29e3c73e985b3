import { afterAll, expect, test } from '@jest/globals';
import { type Ended, folderWith, millrace } from './fixtures/cli.ts';
import { paymentFiles } from './fixtures/payments.ts';

const folders: { remove(): void }[] = [];
afterAll(() => {
  for (const folder of folders) folder.remove();
});

function withChanges(changes: Record<string, string>, ...args: string[]): Promise<Ended> {
  const folder = folderWith(paymentFiles(changes));
  folders.push(folder);
  return millrace(folder.path, ...args);
}

test('lint says what is in a good document', async () => {
  const { code, stdout } = await withChanges({}, 'lint', 'pipeline.yaml');
  expect(stdout).toBe('✓ pipeline.yaml: payments, 1 source, 2 windows, 1 detector, 2 routes, 3 cases\n');
  expect(code).toBe(0);
});

test('lint prints each fault with its place and a hint', async () => {
  const changes = { 'event.amount > 0': 'event.amuont > 0', 'store: events': 'stoer: events' };
  const { code, stdout } = await withChanges(changes, 'lint', 'pipeline.yaml');
  expect(stdout).toMatch(/^pipeline\.yaml:\d+:\d+: .+ \(.*\)$/m);
  expect(stdout).toMatch(/fault/);
  expect(code).toBe(1);
});

test('lint opens the files of sources and tables', async () => {
  const folder = folderWith({
    ...paymentFiles({ '  api: { http: {} }': '  api: { http: {} }\n  history: { file: ./history/*.csv }' }),
    'merchants.csv': 'id,town\nm1,Berlin\n',
  });
  folders.push(folder);
  const { code, stdout } = await millrace(folder.path, 'lint', 'pipeline.yaml');
  expect(stdout).toMatch(/^pipeline\.yaml:\d+:\d+: source history: no file matches .*history\/\*\.csv$/m);
  expect(stdout).toMatch(/^pipeline\.yaml:\d+:\d+: table merchants: .*has no column city/m);
  expect(stdout).toMatch(/^2 faults/m);
  expect(code).toBe(1);
  expect((await millrace(folder.path, 'lint', 'pipeline.yaml', '--no-files')).code).toBe(0);
});

test('lint finds a function module that does not load', async () => {
  const folder = folderWith({ ...paymentFiles(), 'functions.ts': 'export const = 1;' });
  folders.push(folder);
  const { code, stdout } = await millrace(folder.path, 'lint', 'pipeline.yaml');
  expect(stdout).toMatch(/^pipeline\.yaml:9:12: .*functions\.ts can't be imported/);
  expect(code).toBe(1);
});

test('lint finds a document in TypeScript that does not load', async () => {
  const folder = folderWith({ 'pipeline.ts': "import { x } from './nowhere.ts';\nexport default { x };\n" });
  folders.push(folder);
  const { code, stdout } = await millrace(folder.path, 'lint', 'pipeline.ts');
  expect(stdout).toMatch(/^pipeline\.ts:1:1: .*pipeline\.ts can't be imported: .*nowhere\.ts/);
  expect(code).toBe(1);
});

test('the cases of a document pass', async () => {
  const { code, stdout } = await withChanges({}, 'test', 'pipeline.yaml');
  expect(stdout).toBe(
    '✓ three payments in a minute alarm\n✓ a large payment is kept\n✓ nothing is refunded\n3 passed\n',
  );
  expect(code).toBe(0);
});

test('a failed case says where it stands, what came and what differs', async () => {
  const { code, stdout } = await withChanges({ 'total: 30': 'total: 31' }, 'test', 'pipeline.yaml');
  expect(stdout).toMatch(/✗ three payments in a minute alarm \(pipeline\.yaml:\d+\)/);
  expect(stdout).toMatch(/values\.total is 30, wanted 31/);
  expect(stdout).toMatch(/1 failed, 2 passed/);
  expect(code).toBe(1);
});

test('a failed case names a dead letter that nothing was said of', async () => {
  const { stdout } = await withChanges(
    { 'event: { card: A, amount: 101': 'event: { card: A, amount: -101' },
    'test',
    'pipeline.yaml',
  );
  expect(stdout).toMatch(/nothing came\n {4}there is a dead letter: rule:positive: event\.amount > 0\n/);
});

test('--only chooses cases by their name', async () => {
  const { stdout } = await withChanges({}, 'test', 'pipeline.yaml', '--only', 'refund');
  expect(stdout).toBe('✓ nothing is refunded\n1 passed\n');
});

test('explain shows the stages as text, as a flowchart and as a value', async () => {
  const text = await withChanges({}, 'explain', 'pipeline.yaml');
  expect(text.stdout).toMatch(/rule positive: reject unless event\.amount > 0/);
  const chart = await withChanges({}, 'explain', 'pipeline.yaml', '--format', 'mermaid');
  expect(chart.stdout).toMatch(/^flowchart LR\n/);
  const value = await withChanges({}, 'explain', 'pipeline.yaml', '--format', 'json');
  expect(JSON.parse(value.stdout)).toMatchObject({ pipeline: 'payments', lanes: 2 });
});

test('types are those of the event, its enrichments, windows and alerts', async () => {
  const { stdout } = await withChanges({}, 'types', 'pipeline.yaml');
  expect(stdout).toMatch(/readonly paid_at: number;/);
  expect(stdout).toMatch(/readonly shop: \{ city: string \| null \} \| null;/);
  expect(stdout).toMatch(/readonly per_city: \{ payments: number \| null \};/);
  expect(stdout).toMatch(/readonly name: 'velocity';/);
});

test.each([
  ['lint', 'nothing.yaml', 1, /there is no file nothing\.yaml/],
  ['lint', '--colour', 2, /unknown option '--colour'/],
  ['walk', 'pipeline.yaml', 2, /unknown command 'walk'/],
  ['run', '--port=70000', 2, /a port is a number from 0 to 65535/],
  ['status', '--url=http://127.0.0.1:1', 3, /nothing answers at http:\/\/127\.0\.0\.1:1\..*Give --url/],
  ['status', '--data=nowhere', 3, /there is no such folder: nowhere\./],
  ['status', '--data=.', 3, /\. is not a data folder/],
])('%s %s ends with %i and says why', async (command, argument, code, message) => {
  const ended = await withChanges({}, command, argument);
  expect(ended.stderr).toMatch(message);
  expect(ended.code).toBe(code);
});
