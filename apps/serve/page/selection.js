/**
 * What is looked at, in the address, so that a link or a reload shows the same.
 * @returns {{ pipeline?: string, window?: string, value?: string, groups: string[] }}
 */
export function readSelection(hash = location.hash) {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  const { pipeline, window, value } = Object.fromEntries(said);
  return {
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(window === undefined ? {} : { window }),
    ...(value === undefined ? {} : { value }),
    groups: said.getAll('group'),
  };
}

/** @param {{ pipeline: string, window: string, value: string, groups: readonly string[] }} selection */
export function writeSelection({ pipeline, window, value, groups }) {
  history.replaceState(null, '', `#${selectionText({ pipeline, window, value, groups })}`);
}

/** @param {{ pipeline: string, window: string, value: string, groups: readonly string[] }} selection */
export function selectionText({ pipeline, window, value, groups }) {
  const said = new URLSearchParams({ pipeline, window, value });
  for (const group of groups) said.append('group', group);
  return said.toString();
}
