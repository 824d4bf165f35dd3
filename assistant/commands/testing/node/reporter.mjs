// A reporter of node:test: a line of JSON for each test that ended.

export default async function* reporter(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const error = data.details?.error;
    const why = type === 'test:pass' ? '' : String((error?.cause ?? error)?.message ?? 'it failed');
    yield `${process.env.ASSISTANT_WORD}${JSON.stringify({ title: data.name, why })}\n`;
  }
}
