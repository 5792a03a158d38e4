import { Module } from '@nestjs/common';
import { GetCommandCatalogueHandler } from './get-command-catalogue.query.ts';

/** What can be said to the bus. */
@Module({ providers: [GetCommandCatalogueHandler] })
export class CommandCatalogueModule {}
