#pragma once
/* What program { diagnostics = { input = 9000 } } declares in `mem`: variables that the runtime
 * writes, so that msm map lists them and commands find them. */

#include "image/plan.h"

/* Before plan_seal, when all links are known. Nothing without the option. False with an error where
 * the registers are declared already, or belong to a device. */
bool plan_diagnostics(struct plan *plan, struct error *error);
