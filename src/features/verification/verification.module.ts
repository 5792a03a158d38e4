import { Module } from '@nestjs/common';
import { GetVerificationPresetListHandler } from './get-verification-preset-list.query.ts';

/** How a call is proven to come from its sender. */
@Module({ providers: [GetVerificationPresetListHandler] })
export class VerificationModule {}
