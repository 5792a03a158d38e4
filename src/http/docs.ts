import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import helmet from '@fastify/helmet';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RequestRegistry } from '../bus/index.ts';
import { openApiDocument } from './openapi.ts';

const require = createRequire(import.meta.url);

const PAGE = '/api/docs';

const swaggerUiFolder = dirname(require.resolve('swagger-ui-dist/package.json'));
/** Each is read when a browser asks for it. */
const swaggerUiFiles = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** Addresses are relative: a proxy may put a prefix before all of ours. */
const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Signalbox API</title>
    <link rel="icon" type="image/png" href="docs/favicon-32x32.png" />
    <link rel="stylesheet" href="docs/swagger-ui.css" />
  </head>
  <body style="margin: 0">
    <div id="swagger-ui"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/show.js"></script>
  </body>
</html>
`;
const showDocument = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#swagger-ui', deepLinking: true });\n`;

/** `/api/docs` for people, `/api/openapi.json` for machines; the page loads nothing from elsewhere. */
export async function serveDocs(app: NestFastifyApplication): Promise<void> {
  const server = app.getHttpAdapter().getInstance();
  await server.register(helmet, {
    global: false,
    contentSecurityPolicy: {
      directives: {
        'style-src': ["'self'", "'unsafe-inline'"],
        'img-src': ["'self'", 'data:'],
        'upgrade-insecure-requests': null,
      },
    },
    // Plain HTTP on a private network is a way to run this; TLS is the proxy's to announce.
    strictTransportSecurity: false,
  });
  server.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith(PAGE)) void reply.helmet();
    done();
  });
  server.get('/', (_request, reply) => reply.redirect('api/docs'));
  server.get(`${PAGE}/`, (_request, reply) => reply.redirect('../docs'));
  server.get(PAGE, (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
  server.get(`${PAGE}/show.js`, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(showDocument),
  );
  for (const [name, type] of Object.entries(swaggerUiFiles)) {
    server.get(`${PAGE}/${name}`, (_request, reply) =>
      reply
        .type(type)
        .header('cache-control', 'max-age=3600')
        .send(createReadStream(join(swaggerUiFolder, name))),
    );
  }
  let documentJson: string | undefined;
  server.get('/api/openapi.json', (_request, reply) =>
    reply
      .type('application/json; charset=utf-8')
      .send((documentJson ??= JSON.stringify(openApiDocument(app.get(RequestRegistry))))),
  );
}
