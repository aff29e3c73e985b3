/** The keys of a lane's state: in one slot of a cluster, by the part in braces. Without a time to live. */
export interface LaneKeys {
  readonly head: string;
  readonly entries: string;
  /** Pieces of a checkpoint that go ahead of it. */
  ahead(token: string, base: number): { readonly puts: string; readonly deletes: string };
}

export function laneKeys(prefix: string, key: string): LaneKeys {
  const tagged = `${statePrefix(prefix)}${escaped(key)}}`;
  return {
    head: `${tagged}:head`,
    entries: `${tagged}:entries`,
    ahead: (token, base) => ({
      puts: `${tagged}:puts:${token}:${base}`,
      deletes: `${tagged}:deletes:${token}:${base}`,
    }),
  };
}

/** A pattern of the heads of all lanes whose key begins so. */
export function headsPattern(prefix: string, begin: string): string {
  return `${globEscaped(`${statePrefix(prefix)}${escaped(begin)}`)}*}:head`;
}

/** The key that a lane's head is of. */
export function keyOfHead(prefix: string, head: string): string {
  return decodeURIComponent(head.slice(statePrefix(prefix).length, -'}:head'.length));
}

export function sharedKey(prefix: string, scope: string): string {
  return `${prefix}:shared:{${escaped(scope)}}`;
}

function statePrefix(prefix: string): string {
  return `${prefix}:state:{`;
}

/** Braces would end the tag early. */
function escaped(text: string): string {
  return text.replace(/[{}%]/g, (found) => encodeURIComponent(found));
}

function globEscaped(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&');
}
