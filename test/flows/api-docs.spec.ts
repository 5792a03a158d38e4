import { afterAll, beforeAll, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
afterAll(() => signalbox.stop());

const get = (path: string) => fetch(`${signalbox.url}${path}`, { redirect: 'manual' });

it.each([
  ['/api/docs', 'text/html; charset=utf-8', '<title>Signalbox API</title>'],
  ['/api/docs/show.js', 'text/javascript; charset=utf-8', "url: 'openapi.json'"],
  ['/api/docs/swagger-ui-bundle.js', 'text/javascript; charset=utf-8', 'SwaggerUIBundle'],
  ['/api/docs/swagger-ui.css', 'text/css; charset=utf-8', '.swagger-ui'],
  ['/api/docs/favicon-32x32.png', 'image/png', 'PNG'],
  ['/api/openapi.json', 'application/json; charset=utf-8', '"openapi":"3.1.0"'],
])('%s is served as %s to everybody', async (path, type, part) => {
  const response = await get(path);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe(type);
  expect(await response.text()).toContain(part);
});

it.each([
  ['/', '/api/docs'],
  ['/api/docs/', '/api/docs'],
])('%s leads to the page, whatever a proxy puts before it', async (path, page) => {
  const response = await get(path);
  expect(response.status).toBe(302);
  const location = response.headers.get('location')!;
  expect(location).not.toMatch(/^\/|:/);
  for (const prefix of ['', '/signalbox']) {
    expect(new URL(location, `http://proxy${prefix}${path}`).pathname).toBe(`${prefix}${page}`);
  }
});

it('The page runs no script but its own', async () => {
  const { headers } = await get('/api/docs');
  expect(headers.get('content-security-policy')).toContain("script-src 'self'");
  expect(await (await get('/api/docs')).text()).not.toMatch(/https?:|<script>/);
});

it.each(['package.json', 'index.html', 'swagger-ui-bundle.js.map'])(
  'Nothing else of the package is served: %s',
  async (name) => {
    const response = await get(`/api/docs/${name}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ success: false, code: 'http.not-found' });
  },
);
