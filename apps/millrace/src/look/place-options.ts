import type { Command } from 'commander';
import { openFolder } from './folder.ts';
import type { Place } from './place.ts';
import { connect } from './remote.ts';

export interface PlaceOptions {
  readonly url: string;
  readonly data?: string;
  readonly pipeline?: string;
}

const DEFAULT_URL = 'http://127.0.0.1:8080';

/** The options of every command that looks at a pipeline. */
export function declarePlace(command: Command): Command {
  return command
    .option('--url <url>', 'where the pipeline runs', DEFAULT_URL)
    .option('--data <folder>', 'its data folder instead, while it does not run')
    .option('--pipeline <name>', 'which one, where several run');
}

/** @throws Failure that says what to give instead. */
export async function openPlace({ url, data, pipeline }: PlaceOptions): Promise<Place> {
  return data === undefined ? connect(url, pipeline) : openFolder(data);
}

/** Opens the place, uses it and closes it. */
export async function at<T>(options: PlaceOptions, use: (place: Place) => Promise<T>): Promise<T> {
  const place = await openPlace(options);
  try {
    return await use(place);
  } finally {
    await place.close();
  }
}
