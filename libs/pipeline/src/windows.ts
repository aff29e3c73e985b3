import type { WindowFamily } from './window-kind.ts';
import { tumbling } from './windows/tumbling.ts';

/** Every kind of window that a document may name. */
export const windowFamilies: readonly WindowFamily[] = [tumbling];
