export { EventEntity } from './event.entity.ts';
export { EventsModule } from './events.module.ts';
