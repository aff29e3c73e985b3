import { expect, test } from '@jest/globals';
import { compileText } from './compile.fixture.ts';
import { formatFault } from './faults.ts';

/** What `lint` prints of a document, without the file's folder. */
function linted(text: string): readonly string[] {
  return compileText(text).faults.map((fault) => formatFault(fault).replace('/pipelines/', ''));
}

const HEAD = `pipeline: flights
event: { schema: ./flight.avsc, key: event.origin, time: event.date }
sources: { api: { http: } }
`;

const BRACES = '(inside { } and [ ] put an expression with a comma, a colon, a ? or [ ] in quotes)';
const GROUP_HINT = '(group by the key, or add a window by this group and watch it with on: windows.NAME)';

const DOCUMENTS: readonly (readonly [name: string, text: string, faults: readonly string[]])[] = [
  ['an empty document', '', ['p.yaml:1:1: a pipeline document is a mapping that starts with pipeline: NAME']],
  ['a list', '- a', ['p.yaml:1:1: a pipeline document is a mapping that starts with pipeline: NAME']],
  [
    'broken YAML',
    'pipeline: x\nevent: { schema: a\nlanes: 3',
    ['p.yaml:3:1: Flow map in block collection must be sufficiently indented and end with a }'],
  ],
  ['a key twice', 'pipeline: x\npipeline: y', ['p.yaml:2:1: Map keys must be unique']],
  [
    'a ternary in braces',
    `${HEAD}detect: [ { name: a, when: event.delay > 3 ? true : false } ]`,
    [`p.yaml:4:28: Block collections are not allowed within flow collections ${BRACES}`],
  ],
  [
    'an index in braces: said once, whatever follows from it',
    `${HEAD}detect:\n  - { name: a, when: event.tags[0] == "x" }\n  - { name: b, when: event.delay > 3 }\nlanes: 3`,
    [`p.yaml:5:32: Unexpected flow-seq-start at node end ${BRACES}`],
  ],
  [
    'tabs',
    'pipeline: x\nevent:\n\tschema: a\n\tkey: b\n\ttime: c\n',
    ['p.yaml:3:1: Tabs are not allowed as indentation (indent with spaces)'],
  ],
  [
    'a ternary without quotes',
    'pipeline: x\nevent:\n  priority: a ? "high" : "low"',
    [
      'p.yaml:3:13: Nested mappings are not allowed in compact mappings (put an expression with a ? and : in quotes)',
    ],
  ],
  [
    'an expression that starts with a quote',
    'pipeline: x\nevent:\n  id: "A" + event.id',
    [
      'p.yaml:3:11: Unexpected scalar at node end (put an expression that starts with a quote in the other kind of quotes)',
    ],
  ],
  [
    'an expression that YAML takes for a tag',
    `${HEAD}detect: [ { name: a, when: !has(event.delay) } ]`,
    ['p.yaml:4:46: when is empty (put an expression that starts with ! or # in quotes)'],
  ],
  [
    'a table that is not there, and a column of a type that there is not: said once',
    `${HEAD}tables: { t: { file: ./t.csv, primary: id, columns: { n: number } } }
enrich:
  - { name: known, table: t, match: event.origin, add: [n] }
  - { name: lost, table: u, match: event.origin, add: [n] }
detect: [ { name: a, when: "coalesce(event.known.n, 0) > coalesce(event.lost.n, 0)" } ]`,
    [
      'p.yaml:4:58: n can\'t be "number" (known are string, double, boolean, long)',
      'p.yaml:7:26: there is no table u (did you mean t?)',
    ],
  ],
  [
    'missing sections',
    'pipeline: x',
    ['p.yaml:1:1: the document has no event', 'p.yaml:1:1: the document has no sources'],
  ],
  [
    'keys, names, values and quantities of the wrong shape, all at once',
    `pipeline: Flights
lanes: many
evnt: {}
event: { schema: ./flight.avsc, tiem: event.date }
time: { out_of_order: 1 hour }
sources:
  history: { fiel: { path: ./x } }
  api: { http: { auht: x, body_limit: 5 } }
aggregate:
  - { name: w, by: event.origin, window: { sliding: 1d }, emit: sometimes, compute: { n: count() } }
route:
  - { name: x, to: [ { webhook: { url: y } }, { store: alerts }, {}, { console: , store: events } ] }
`,
    [
      'p.yaml:1:11: "Flights" is not a name: use small letters, digits and _, a letter first',
      'p.yaml:2:8: lanes is the string "many", wanted a whole number',
      'p.yaml:3:1: there is no key evnt here (did you mean event?)',
      'p.yaml:4:33: there is no key tiem here (did you mean time?)',
      'p.yaml:5:23: "1 hour" is not a duration: write a whole number and its unit, such as 250ms, 10s, 5m, 1h or 30d',
      'p.yaml:7:14: there is no source kind fiel (did you mean file?)',
      'p.yaml:8:18: there is no key auht here (did you mean auth?)',
      'p.yaml:8:39: body_limit is the number 5, wanted a text (write it with its unit, such as 1B)',
      'p.yaml:10:44: there is no window kind sliding (known are tumbling)',
      `p.yaml:10:65: emit can't be "sometimes" (known are close, updates)`,
      'p.yaml:12:24: there is no sink kind webhook (known are console, store)',
      `p.yaml:12:56: table can't be "alerts" (write events)`,
      'p.yaml:12:66: it names no sink kind (known are console, store)',
      'p.yaml:12:70: it names 2 sink kinds: console, store (known are console, store)',
    ],
  ],
  [
    'bare names of kinds that need settings, and of kinds that there are not',
    `${HEAD.replace('http: ', 'http: }, old: file, new: htp, bare: http, x: { http: ')}route:\n  - { name: a, to: [ console, consol, store ] }\n`,
    [
      'p.yaml:3:28: file has no path (give it its settings: { file: { path: … } })',
      'p.yaml:3:39: there is no source kind htp (did you mean http?)',
      'p.yaml:5:31: there is no sink kind consol (did you mean console?)',
      'p.yaml:5:39: store has no table (give it its settings: { store: { table: … } })',
    ],
  ],
  [
    'mistakes in expressions behind a misspelt key',
    `${HEAD}tiem: { idle: 1s }\nvalidate: { rules: [ { name: r, check: event.dely > 3 } ] }`,
    [
      'p.yaml:4:1: there is no key tiem here (did you mean time?)',
      'p.yaml:5:46: event has no field dely (did you mean delay?)',
    ],
  ],
  [
    'an expression cut at a comma',
    `${HEAD}aggregate: [ { name: w, by: event.origin, window: { tumbling: 1d }, compute: { n: max(event.delay, 95) } } ]`,
    [`p.yaml:4:100: 95) is not a key ${BRACES}`],
  ],
  [
    'an expression cut at the end of a list item',
    `${HEAD}validate: { rules: [ { name: r, check: round(event.delay } ] }`,
    [`p.yaml:4:57: expected ')', got the end ${BRACES}`],
  ],
  [
    'an expression over several lines',
    `${HEAD}validate:\n  rules:\n    - name: r\n      check: |\n        event.delay > 0 &&\n        event.distanc < 10\n`,
    ['p.yaml:9:15: event has no field distanc (did you mean distance?)'],
  ],
  [
    'a schema that is not there',
    HEAD.replace('flight.avsc', 'fligth.avsc'),
    ['p.yaml:2:18: there is no file ./fligth.avsc (paths start from /pipelines)'],
  ],
  [
    'a schema that is not JSON',
    HEAD.replace('flight.avsc', 'broken.avsc'),
    [
      `./broken.avsc:3:1: it is not JSON: Expected double-quoted property name in JSON at position 22 (line 3 column 1)`,
    ],
  ],
  [
    'a schema that is no record',
    HEAD.replace('flight.avsc', 'text.avsc'),
    ['./text.avsc:1:1: the event must be an Avro record'],
  ],
  [
    'an event of the wrong types',
    `pipeline: flights
event: { schema: ./flight.avsc, id: event.destination, time: event.origin, priority: "event.delay > 3 ? 'hgih' : 'low'" }
sources: { api: { http: } }`,
    [
      `p.yaml:2:37: event.destination may be null, an id can't be (write coalesce(event.destination, ""))`,
      `p.yaml:2:62: event.origin is a text, an event's time is a number (milliseconds are wanted: write time(…) for RFC 3339, or parse_time(…, "yyyy-MM-dd HH:mm:ss", "UTC"))`,
      'p.yaml:2:105: there is no priority hgih (did you mean high?)',
    ],
  ],
  [
    'a map with wrong and missing fields',
    `${HEAD.replace('api: { http: }', 'api: { http: , map: { id: row_number, date: rwo.date, delays: row.delay, origin: row_number } }')}`,
    [
      'p.yaml:3:32: map gives no delay, which the event must have (add delay: row.delay)',
      'p.yaml:3:32: map gives no distance, which the event must have (add distance: row.distance)',
      'p.yaml:3:56: there is no rwo here (did you mean row?)',
      'p.yaml:3:74: the event has no field delays (did you mean delay?)',
      'p.yaml:3:93: row_number is a number, the field origin is a text',
    ],
  ],
  [
    'a secret that is not declared',
    `${HEAD.replace('http: ', 'http: { auth: "secret:tokn" } ')}secrets: [token]`,
    ['p.yaml:3:33: the secret tokn is not declared (add it to secrets: [token, tokn])'],
  ],
  [
    'enrichments without their table, and over fields',
    `${HEAD}tables: { airports: { file: ./a.csv, primary: iata } }
enrich:
  - { name: a, table: airport, match: event.origin, add: [city] }
  - { name: delay, table: airports, match: event.origin, add: [city] }
  - { name: b, table: airports, match: event.a.city, add: [city] }`,
    [
      'p.yaml:6:23: there is no table airport (did you mean airports?)',
      'p.yaml:7:13: the event has a field delay already (give the enrichment another name)',
      'p.yaml:8:46: event has no field a (known are id, date, delay, distance, origin, destination, flags)',
    ],
  ],
  [
    'a column that can be no field',
    `${HEAD}tables: { airports: { file: ./a.csv, primary: iata } }
enrich: [ { name: a, table: airports, match: event.origin, add: [city name] } ]`,
    [`p.yaml:5:66: add[0] can't be "city name": it must match ^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$`],
  ],
  [
    'a look-up that may be missing, without a guard',
    `${HEAD}tables: { airports: { file: ./a.csv, primary: iata, columns: { altitude: double } } }
enrich: [ { name: airport, table: airports, match: event.origin, add: [altitude] } ]
detect: [ { name: high, when: event.airport.altitude > 2000 } ]`,
    [
      'p.yaml:6:31: event.airport.altitude may be null, > wants a number (write event.airport.altitude != null && …, or coalesce(event.airport.altitude, 0))',
    ],
  ],
  [
    'windows and what they compute',
    `${HEAD}aggregate:
  - name: w
    by: event.origin
    window: { tumbling: 0s }
    compute:
      group: count()
      a: median(event.delay)
      b: sum(event.origin)
      c: event.delay
      d: sum(event.delay, 3)
      e: max(event.dely)
  - { name: w, by: [x], window: { tumbling: 1s }, compute: { n: count() } }`,
    ['p.yaml:15:20: by is a list, wanted a text or a number or true or false'],
  ],
  [
    'windows and what they compute, of the right shape',
    `${HEAD}aggregate:
  - name: w
    by: event.origin
    window: { tumbling: 0s }
    compute:
      group: count()
      a: median(event.delay)
      b: sum(event.origin)
      c: event.delay
      d: sum(event.delay, 3)
      e: max(event.dely)
  - { name: w, by: event.origin, window: { tumbling: 1s }, compute: { n: count() } }`,
    [
      'p.yaml:7:25: a tumbling window has to be longer than 0, such as 1m',
      'p.yaml:9:14: every window has its own group (give the value another name)',
      'p.yaml:10:10: there is no aggregate median (known are count, sum, avg, min, max)',
      'p.yaml:11:14: event.origin is a text, sum takes a number',
      'p.yaml:12:10: event.delay is not an aggregate (write count(…), sum(…), avg(…), …)',
      'p.yaml:13:10: sum takes 1 argument, not 2 (sum(x): the sum of the values; 0 when there are none)',
      'p.yaml:14:20: event has no field dely (did you mean delay?)',
      'p.yaml:15:13: there are two of the name w (rename one)',
    ],
  ],
  [
    'detectors',
    `${HEAD}validate: { clean: { distance: abs(event.distance) } }
aggregate: [ { name: w, by: event.origin, window: { tumbling: 1s }, compute: { m: max(event.delay) } } ]
detect:
  - { name: a, by: event.destination, when: event.delay > 3 }
  - { name: b, on: windows.v, when: window.m > 3 }
  - { name: c, on: windows.w, when: window.m != null && window.m > 3, by: window.group }
  - { name: d, by: event.origin, value: event.delay }
  - { name: e }
  - { name: f, value: event.delay, method: { zscore: { threshold: 4, half_life: 0s } } }
  - { name: g, when: event.delay > 3, once_per: window }
  - { name: h, when: event.delay, severity: hihg }`,
    [
      `p.yaml:7:20: event.destination is not the event key: no lane sees all events of such a group ${GROUP_HINT}`,
      'p.yaml:8:20: there is no window windows.v (did you mean windows.w?)',
      "p.yaml:9:75: a detector on a window has the window's groups (leave by out)",
      'p.yaml:10:5: d never alerts (give it when, or value and method)',
      'p.yaml:11:5: e never alerts (give it when, or value and method)',
      'p.yaml:12:54: half_life has to be longer than 0, such as 30d',
      'p.yaml:13:49: once_per: window is for detectors on a window (add on: windows.NAME)',
      'p.yaml:14:22: event.delay is a number, when is true or false',
      `p.yaml:14:45: severity can't be "hihg" (did you mean high?)`,
    ],
  ],
  [
    'a group that clean changes',
    `${HEAD}validate: { clean: { origin: event.origin.trim() } }\ndetect: [ { name: a, by: event.origin, when: true } ]`,
    [
      `p.yaml:5:26: event.origin is not the event key: clean changes it after the key was taken ${GROUP_HINT}`,
    ],
  ],
  [
    'routes',
    `${HEAD}route:
  - { name: a, from: alerts, when: alert.severity == "hihg", to: [ { console: } ] }
  - { name: b, from: windows.x, to: [ { console: } ] }
  - { name: c, when: alert.severity == "high", to: [ { console: } ] }
  - { name: d, from: alerts, to: [ { store: events } ] }`,
    [
      'p.yaml:5:54: alert.severity is never "hihg" (did you mean high?)',
      'p.yaml:6:22: there is no window windows.x (known are events, alerts)',
      'p.yaml:7:22: there is no alert here (known are event)',
      'p.yaml:8:45: alerts are always stored',
    ],
  ],
  [
    'clean',
    `${HEAD}validate: { clean: { orign: event.origin, delay: event.origin, distance: row.x, id: event.destination } }`,
    [
      'p.yaml:4:29: the event has no field orign (did you mean origin?)',
      'p.yaml:4:50: event.origin is a text, the field delay is a number',
      'p.yaml:4:74: there is no row here (known are event)',
      'p.yaml:4:85: event.destination is a text, the field id is a number',
    ],
  ],
  [
    'cases',
    `${HEAD}cases: [ { name: c, given: [ { event: { dely: 3 }, source: apy } ], expect: {} } ]`,
    [
      'p.yaml:4:47: the event has no field dely (did you mean delay?)',
      'p.yaml:4:60: there is no source apy (did you mean api?)',
    ],
  ],
  [
    'cases that expect what can not come',
    `${HEAD}aggregate: [ { name: w, by: event.origin, window: { tumbling: 1d }, compute: { n: count() } } ]
detect: [ { name: late, when: event.delay > 3 } ]
route: [ { name: far, to: [ console ] }, { name: alarms, from: alerts, to: [ console ] } ]
cases:
  - name: c
    given: [ { event: { delay: 3 } } ]
    expect:
      alerts: [ { name: latte, sevrity: high }, { name: late, group: A } ]
      windows: [ { name: v }, { name: w, values: { n: 1, m: 1 } }, { values: { n: 1 } } ]
      events: [ { route: alarms }, { route: far, event: { dely: 3, flags: [], delay: 3 } } ]
      deadletters: [ { cod: far_future } ]`,
    [
      'p.yaml:11:25: there is no detector latte (did you mean late?)',
      'p.yaml:11:41: alerts have no key sevrity (did you mean severity?)',
      'p.yaml:12:26: there is no window v (did you mean w?)',
      'p.yaml:12:61: the window computes no m (did you mean n?)',
      'p.yaml:13:26: there is no route of events alarms (known are far)',
      'p.yaml:13:65: the event has no field dely (did you mean delay?)',
      'p.yaml:14:29: deadletters have no key cod (did you mean code?)',
    ],
  ],
  [
    'functions that are not there',
    `${HEAD}functions: ./nope.ts`,
    ['p.yaml:4:12: there is no file ./nope.ts (paths start from /pipelines)'],
  ],
];

test.each(DOCUMENTS)('%s', (_, text, faults) => {
  expect(linted(text)).toEqual(faults);
});

test('a good document has no faults', () => {
  expect(linted(HEAD)).toEqual([]);
});
