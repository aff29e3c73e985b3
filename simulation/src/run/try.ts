import { judge, judgeFused } from './judge.ts';
import { runUnfused } from './unfused.ts';

const seed = Number(process.argv[2] ?? 1),
  n = Number(process.argv[3] ?? 1);
for (let s = seed; s < seed + n; s++) {
  const t0 = performance.now();
  const run = await runUnfused(s);
  const found = judge(run);
  const t1 = performance.now();
  found.push(...(await judgeFused(s, run)));
  console.log(
    s,
    run.world.scheduler.trace(),
    run.world.scheduler.now(),
    `${(t1 - t0).toFixed(0)}ms + ${(performance.now() - t1).toFixed(0)}ms`,
    'repeats',
    run.repeats,
    found.length ? found.slice(0, 4).join('\n  ') : 'ok',
  );
}
