import { Module } from '@nestjs/common';
import { EventRetention } from './event-retention.ts';
import { Events } from './events.ts';
import { GetEventListHandler } from './get-event-list.query.ts';
import { PublishEventHandler } from './publish-event.command.ts';

/** What happened: events that anybody may publish. */
@Module({
  providers: [Events, EventRetention, PublishEventHandler, GetEventListHandler],
  exports: [Events],
})
export class EventsModule {}
