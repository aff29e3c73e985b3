import type { Builtin } from './builtin.ts';
import { BOOL, DOUBLE, type Kind, listOf, STRING } from './type.ts';

const TEXT: readonly Kind[] = ['string'];
const NUMBER: readonly Kind[] = ['double'];

function textMethod(
  name: string,
  usage: string,
  more: readonly (readonly Kind[])[],
  builtin: Pick<Builtin, 'returns' | 'call'> & Partial<Builtin>,
): [string, Builtin] {
  return [name, { usage, takes: [TEXT, ...more], ...builtin }];
}

function substring(text: string, start: number, end: number = text.length): string {
  if (!(start >= 0 && start <= end && end <= text.length)) {
    throw new RangeError(`there is no ${start} to ${end} in a text of ${text.length}`);
  }
  return text.substring(start, end);
}

function pattern(text: unknown): RegExp {
  try {
    return new RegExp(String(text), 'u');
  } catch (error) {
    throw new RangeError((error as Error).message);
  }
}

function preparedMatches(literals: readonly unknown[]): ((text: string) => boolean) | null {
  if (literals[1] === undefined) return null;
  const compiled = pattern(literals[1]);
  return (text) => compiled.test(text);
}

/** Methods of texts, named as in CEL and its string extension. */
export const TEXT_METHODS: readonly [string, Builtin][] = [
  textMethod('contains', "a text: x.contains('a')", [TEXT], {
    returns: BOOL,
    call: (s: string, t: string) => s.includes(t),
  }),
  textMethod('startsWith', "a text: x.startsWith('a')", [TEXT], {
    returns: BOOL,
    call: (s: string, t: string) => s.startsWith(t),
  }),
  textMethod('endsWith', "a text: x.endsWith('a')", [TEXT], {
    returns: BOOL,
    call: (s: string, t: string) => s.endsWith(t),
  }),
  textMethod('matches', "a regular expression: x.matches('^[A-Z]+$')", [TEXT], {
    returns: BOOL,
    call: (s: string, t: string) => pattern(t).test(s),
    prepare: preparedMatches,
  }),
  textMethod('lowerAscii', 'nothing', [], {
    returns: STRING,
    call: (s: string) => s.replace(/[A-Z]+/g, (t) => t.toLowerCase()),
  }),
  textMethod('upperAscii', 'nothing', [], {
    returns: STRING,
    call: (s: string) => s.replace(/[a-z]+/g, (t) => t.toUpperCase()),
  }),
  textMethod('trim', 'nothing', [], { returns: STRING, call: (s: string) => s.trim() }),
  textMethod('charAt', 'a position from 0', [NUMBER], {
    returns: STRING,
    call: (s: string, at: number) => s.charAt(at),
  }),
  textMethod('indexOf', 'a text, and where to start', [TEXT, NUMBER], {
    least: 2,
    returns: DOUBLE,
    call: (s: string, t: string, at?: number) => s.indexOf(t, at),
  }),
  textMethod('lastIndexOf', 'a text', [TEXT], {
    returns: DOUBLE,
    call: (s: string, t: string) => s.lastIndexOf(t),
  }),
  textMethod('substring', 'a start, and an end: x.substring(0, 3)', [NUMBER, NUMBER], {
    least: 2,
    returns: STRING,
    call: substring,
  }),
  textMethod('replace', "two texts: x.replace('a', 'b')", [TEXT, TEXT], {
    returns: STRING,
    call: (s: string, t: string, by: string) => s.replaceAll(t, () => by),
  }),
  textMethod('split', "a text: x.split(',')", [TEXT], {
    returns: listOf(STRING),
    call: (s: string, t: string) => s.split(t),
  }),
  [
    'join',
    {
      usage: "a text between the items: x.join(', ')",
      takes: [['list'], TEXT],
      least: 1,
      returns: STRING,
      call: (items: unknown[], by = '') => items.join(by),
    },
  ],
];
