import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../platform/errors.ts';
import { MetricsPage } from './metrics-page.ts';

/** `GET /metrics`: what an operator watches, for Prometheus (contract §12). */
@Controller('metrics')
export class MetricsController {
  private readonly digest: Buffer | null;

  constructor(@Inject(MetricsPage) private readonly page: MetricsPage) {
    this.digest = page.token === null ? null : digestOf(page.token);
  }

  @Get()
  async metrics(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    void reply.header('cache-control', 'no-store');
    this.admit(request.headers.authorization);
    const { contentType, text } = await this.page.read();
    void reply.header('content-type', contentType).send(text);
  }

  /** @throws AppError 401 unless he has the token, where one is set. */
  private admit(authorization: string | undefined): void {
    if (!this.digest) return;
    if (!/^Bearer\b/i.test(authorization ?? '')) throw credentialsMissing();
    const token = /^Bearer +(\S+) *$/i.exec(authorization!)?.[1] ?? '';
    // Digests are of one length, and their comparison tells nothing of how close he came.
    if (!timingSafeEqual(digestOf(token), this.digest)) throw credentialsRefused();
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function credentialsMissing(): AppError {
  return new AppError({
    code: 'access.credentials-missing',
    kind: 'unauthenticated',
    publicMessage: 'Authentication required',
    details: ['Send the token of METRICS_TOKEN (Authorization: Bearer …)'],
  });
}

function credentialsRefused(): AppError {
  return new AppError({
    code: 'access.credentials-refused',
    kind: 'unauthenticated',
    publicMessage: 'Authentication failed',
    details: ['The token is not that of METRICS_TOKEN'],
  });
}
