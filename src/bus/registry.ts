import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { HANDLED_REQUEST, type RequestClass } from './bpm-request.ts';

/** Every `$type` this process answers. Handlers register by being providers; boot fails on two for one name. */
@Injectable()
export class RequestRegistry implements OnModuleInit {
  private readonly byType = new Map<string, RequestClass>();

  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    for (const { metatype } of this.discovery.getProviders()) {
      if (!metatype) continue;
      const request = Reflect.getMetadata(HANDLED_REQUEST, metatype) as RequestClass | undefined;
      if (request) this.add(request);
    }
  }

  find(type: string): RequestClass | undefined {
    return this.byType.get(type);
  }

  /** All of them, by name. */
  all(): RequestClass[] {
    return [...this.byType.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  private add(request: RequestClass): void {
    if (this.byType.has(request.name)) throw new Error(`Two handlers claim ${request.name}`);
    this.byType.set(request.name, request);
  }
}
