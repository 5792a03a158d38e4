import { Module } from '@nestjs/common';
import { CallOut } from './call-out.ts';
import { SendHttpRequestHandler } from './send-http-request.command.ts';

/** Calls to other systems on somebody's behalf. */
@Module({ providers: [CallOut, SendHttpRequestHandler], exports: [CallOut] })
export class HttpRequestsModule {}
