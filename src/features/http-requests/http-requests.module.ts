import { Module } from '@nestjs/common';
import { SendHttpRequestHandler } from './send-http-request.command.ts';

/** Calls to other systems on somebody's behalf. */
@Module({ providers: [SendHttpRequestHandler] })
export class HttpRequestsModule {}
