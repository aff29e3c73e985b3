import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A file of the page, read once at start: what is not in the list can't be asked for. */
export interface Asset {
  readonly url: string;
  readonly contentType: string;
  readonly body: Buffer;
  readonly etag: string;
}

/** Nothing from elsewhere, no inline script or style, no framing. */
export const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  // Revalidated by etag: a new version shows at the next load.
  'cache-control': 'no-cache',
} as const;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** `page/index.html` as `/`, the other files under `/page/`, and the chart library from its package. */
export function pageAssets(): readonly Asset[] {
  const folder = join(import.meta.dirname, '../page');
  const own = readdirSync(folder)
    .filter((name) => extension(name) in CONTENT_TYPES)
    .map((name) => asset(name === 'index.html' ? '/' : `/page/${name}`, join(folder, name)));
  const uplot = join(dirname(createRequire(import.meta.url).resolve('uplot/package.json')), 'dist');
  return [
    ...own,
    asset('/page/uplot.js', join(uplot, 'uPlot.iife.min.js')),
    asset('/page/uplot.css', join(uplot, 'uPlot.min.css')),
  ];
}

function asset(url: string, path: string): Asset {
  const body = readFileSync(path);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { url, contentType: CONTENT_TYPES[extension(path)]!, body, etag };
}

function extension(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
