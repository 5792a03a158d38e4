import helmet from '@fastify/helmet';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { RequestRegistry } from '../bus/index.ts';
import { openApiDocument } from './openapi.ts';

const PAGE = 'api/docs';

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
    if (request.url.startsWith(`/${PAGE}`)) void reply.helmet();
    done();
  });
  server.get('/', (_request, reply) => reply.redirect(`/${PAGE}`));
  SwaggerModule.setup(PAGE, app, () => openApiDocument(app.get(RequestRegistry)), {
    jsonDocumentUrl: 'api/openapi.json',
    customSiteTitle: 'Signalbox API',
    raw: ['json'],
  });
}
