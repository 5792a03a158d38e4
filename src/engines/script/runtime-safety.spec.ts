import { describe, expect, it } from 'vitest';
import { assertSafeRuntime } from './index.ts';

describe('the runtime check', () => {
  it('passes here', () => {
    expect(() => assertSafeRuntime()).not.toThrow();
  });

  it('refuses a Node and an isolated-vm without the fix, naming them', () => {
    expect(() => assertSafeRuntime('22.19.0')).toThrow('Scripts need Node 24 or newer; this is Node 22.19.0');
    expect(() => assertSafeRuntime('24.0.0', '7.0.0')).toThrow(
      /isolated-vm 7\.0\.1 .*GHSA-864f-rcv7-6rh4.* 7\.0\.0/,
    );
    expect(() => assertSafeRuntime('24.0.0', '6.9.9')).toThrow(/isolated-vm/);
    expect(() => assertSafeRuntime('25.1.0', '7.1.0')).not.toThrow();
    expect(() => assertSafeRuntime('24.0.0', '10.0.0')).not.toThrow();
  });
});
