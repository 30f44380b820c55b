/** A hook that throws must not turn a committed unit into a failed one, nor keep the other hooks from running. */
export function runHook(hook: (committed: boolean) => void, committed: boolean): void {
  try {
    hook(committed)
  } catch (error) {
    process.emitWarning(`an onSettled hook threw: ${String(error)}`, { code: 'TURNPIKE_HOOK' })
  }
}
