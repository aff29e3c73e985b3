/**
 * The newest rows by time and id, each id once, at most `maxRows`.
 * @template {{ id: string, time: number }} R
 * @param {number} maxRows
 */
export function createNewestList(maxRows) {
  /** @type {Map<string, R>} */
  const rows = new Map();

  /** @returns {R[]} newest first */
  function list() {
    return [...rows.values()].sort((a, b) => b.time - a.time || (a.id < b.id ? 1 : -1));
  }

  return {
    list,
    /** @param {readonly R[]} added */
    put(added) {
      for (const row of added) rows.set(row.id, row);
      if (rows.size <= maxRows) return;
      for (const { id } of list().slice(maxRows)) rows.delete(id);
    },
    /** @param {string} id */
    remove(id) {
      rows.delete(id);
    },
    clear() {
      rows.clear();
    },
    size: () => rows.size,
  };
}
