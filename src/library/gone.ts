import { ApiError } from "../client/errors.ts";

/** Waits for a removal; that what is to be removed is gone already is no error. */
export async function unlessGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
  }
}
