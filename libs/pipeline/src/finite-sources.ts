/**
 * The kinds of sources that come to an end by themselves, for services that have no catalogue of sources: windows
 * close when all have ended, which aggregate has to know. A test in `apps/ingest` holds it against the kinds' own word.
 */
export const FINITE_SOURCES: ReadonlySet<string> = new Set(['file']);
