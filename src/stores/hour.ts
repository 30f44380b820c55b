/** The hour an instant is in: "last used" is kept no finer, so that it is not a write a request. */
export function hourOf(at: Date): Date {
  return new Date(Math.floor(Number(at) / 3_600_000) * 3_600_000)
}
