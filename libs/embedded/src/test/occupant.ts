/**
 * `node occupant.ts FOLDER`: runs the folder, appends without end to lane 0 of topic `raw`, and prints the count that
 * was acknowledged, line by line; ends when its input does. Prints why when it can't have the folder.
 */
import { openEmbedded } from '../open.ts';

const folder = process.argv[2]!;
try {
  const { log, close } = await openEmbedded(folder, { lanes: 2 });
  let over = false;
  process.stdin.on('end', () => {
    over = true;
  });
  process.stdin.resume();
  console.log('open');
  while (!over) {
    const { end } = await log.bounds('raw', 0);
    const records = [end, end + 1].map((n) => ({ value: Buffer.from(String(n)), timestampMs: Date.now() }));
    await log.append('raw', 0, records);
    console.log(end + 2);
  }
  await close();
} catch (error) {
  console.log(`${(error as Error).name}: ${(error as Error).message}`);
  process.stdin.destroy();
}
