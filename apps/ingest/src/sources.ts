import type { SourceKind } from './source.ts';
import { file } from './sources/file.ts';
import { http } from './sources/http.ts';
import { kafka } from './sources/kafka.ts';

/** Every kind of source; `Catalogue.sources` when a document is compiled. */
export const sourceKinds: Readonly<Record<string, SourceKind>> = { http, file, kafka };
