export { EventEntity } from './event.entity.ts';
export { eventTypePattern, sortedJson, TYPE_LENGTH_MAX } from './event.rules.ts';
export { Events } from './events.ts';
export { EventsModule } from './events.module.ts';
