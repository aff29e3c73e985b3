import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '@millrace/lanes/ports/clock';
import { fastify } from 'fastify';
import { serve } from './stage.ts';

const app = fastify();
let url: string;

beforeAll(async () => {
  const status = () => ({ time: 0, memory: { rssBytes: 1, heapBytes: 1 }, pipelines: [] });
  await app.register(serve({ pipelines: [], status, clock: systemClock }));
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(() => app.close());

/** The addresses that a file of the page names. */
function references(path: string, text: string): string[] {
  const found = path.endsWith('.js')
    ? [...text.matchAll(/^(?:import|export) [^;]*?from '(.+?)';$/gms)]
    : [...text.matchAll(/ (?:src|href)="(\/page\/[^"]+)"/g)];
  return found.map(([, reference]) => new URL(reference!, url + path).pathname);
}

test('all that the page is made of is served, as what it is', async () => {
  const seen = new Map<string, string | null>();
  const open = ['/'];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    const response = await fetch(url + path);
    expect([path, response.status]).toEqual([path, 200]);
    seen.set(path, response.headers.get('content-type'));
    open.push(...references(path, await response.text()));
  }
  expect(seen.get('/')).toBe('text/html; charset=utf-8');
  expect(seen.get('/page/app.js')).toBe('text/javascript; charset=utf-8');
  expect(seen.get('/page/window-rows.js')).toBe('text/javascript; charset=utf-8');
  expect(seen.get('/page/uplot.js')).toBe('text/javascript; charset=utf-8');
  expect(seen.get('/page/uplot.css')).toBe('text/css; charset=utf-8');
});

test('nothing from elsewhere and nothing inline runs on the page', async () => {
  const response = await fetch(url);
  const policy = response.headers.get('content-security-policy');
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toContain('unsafe');
  const html = await response.text();
  expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=|https?:/);
});

test('a file that the browser has already is not sent again', async () => {
  const etag = (await fetch(`${url}/page/app.js`)).headers.get('etag')!;
  const again = await fetch(`${url}/page/app.js`, { headers: { 'if-none-match': etag } });
  expect([again.status, await again.text()]).toEqual([304, '']);
});

test.each(['/page/window-rows.test.ts', '/page/tsconfig.json', '/page/..%2fpackage.json', '/page/'])(
  '%s is not served',
  async (path) => {
    expect((await fetch(url + path)).status).toBe(404);
  },
);
