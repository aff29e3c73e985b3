import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { planted } from '@millrace/testkit/plant';
import type { Plant } from './plant.ts';
import type { Sought } from './seeds.ts';

const HUNTER = fileURLToPath(new URL('./hunter.ts', import.meta.url));

/** Runs seeds in a process of their own until one finds a fault; with a plant, that bug is in the code there. */
export function hunt(first: number, seeds: number, plant?: Plant): Promise<Sought> {
  const { execArgv, env } = plant === undefined ? { execArgv: [], env: {} } : planted([plant]);
  const args = [...execArgv, HUNTER, String(first), String(seeds)];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as Sought);
      else reject(new Error(`${plant?.name ?? 'seeds'}: the hunter ended with ${error.code}: ${stderr}`));
    });
  });
}

/** Hunts for all of them, `atOnce` side by side; each row is told as soon as it is known. */
export async function huntAll(
  plants: readonly Plant[],
  first: number,
  seeds: number,
  atOnce: number,
  tell: (plant: Plant, found: Sought['found']) => void,
): Promise<void> {
  const waiting = [...plants];
  const hunter = async () => {
    for (let plant = waiting.shift(); plant !== undefined; plant = waiting.shift()) {
      tell(plant, (await hunt(first, seeds, plant)).found);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, hunter));
}

/** A line of the table: the plant, the seeds that it took, the rule that it breaks. */
export function tableRow({ name, rule }: Plant, found: Sought['found']): string {
  return `${name.padEnd(38)} ${String(found?.seed ?? 'never').padStart(5)}  ${rule}`;
}
