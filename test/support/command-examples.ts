import type { Signalbox } from './signalbox.ts';

interface OpenApi {
  paths: Record<
    string,
    {
      post: {
        requestBody: {
          content: Record<string, { examples: Record<string, { value: Record<string, unknown> }> }>;
        };
      };
    }
  >;
}

/** By `$type` the fields of each command's example in the OpenAPI document, without the `$type`. */
export async function commandExamples({ url }: Signalbox): Promise<Record<string, Record<string, unknown>>> {
  const { paths } = (await (await fetch(`${url}/api/openapi.json`)).json()) as OpenApi;
  const { examples } = paths['/api/bpm/cmd']!.post.requestBody.content['application/json']!;
  return Object.fromEntries(
    Object.entries(examples).map(([type, { value }]) => {
      const { $type: _type, ...fields } = value;
      return [type, fields];
    }),
  );
}
