import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PLANT_FAILED, planted } from '@millrace/testkit/plant';
import type { Plant } from './plants.ts';

export interface Found {
  readonly seed: number;
  /** The first thing that was wrong. */
  readonly fault: string;
}

const HUNTER = fileURLToPath(new URL('./hunter.ts', import.meta.url));

/** Runs seeds with the planted bug in a process of their own until one of them finds it; null: none did. */
export function hunt(plant: Plant, first: number, seeds: number): Promise<Found | null> {
  const { execArgv, env } = planted([plant]);
  const args = [...execArgv, HUNTER, String(first), String(seeds)];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      const code = error?.code ?? 0;
      if (code === PLANT_FAILED) reject(new Error(`${plant.name}: ${stderr}`));
      else if (code !== 0) reject(new Error(`${plant.name}: the hunter ended with ${code}: ${stderr}`));
      else resolve(JSON.parse(stdout) as Found | null);
    });
  });
}
