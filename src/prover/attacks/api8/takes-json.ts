import type { Operation } from '../../plan/plan.ts'

/** Whether the operation reads a body of JSON, by its document or by what was recorded. */
export const takesJson = ({ read, samples, method }: Operation): boolean =>
  method !== 'GET' &&
  ((read.body?.content ?? []).some(({ mediaType }) => /[/+]json/i.test(mediaType)) ||
    samples.some(({ body, mediaType }) => body !== undefined && /[/+]json/i.test(mediaType ?? 'application/json')))
