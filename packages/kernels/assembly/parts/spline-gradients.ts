import { firstHalves, fromLanes, highPairs, lastHalves, lowPairs, toLanes } from "./lanes";
import { loadPart, storePart } from "./part";
import {
  BIN_GRADIENTS, BinGradients, Bins, formIn, foundBytes, Gradients, LOW, Place, productsIn, WEIGHTS,
} from "./spline-memory";
import { curvatureOf, endOf, firstKnot, outsideOf, slopeNumerator, slopesOf, tailSlopeOf } from "./spline-place";
import { madd2, nmadd2, softClipSlope } from "./vector-maths";

// The way backward through the spline, from the places of its inputs.

/** The gradients of inputs with known places, and the factors for the gradients of the parameters. */
export function differentiate(
  found: usize, dValue: usize, dLogDet: usize, dx: usize, count: i32, bins: i32, bound: f64, linear: bool,
  inverse: bool, scratch: usize,
): void {
  const edge = f32x4.splat(formIn(scratch).edge);
  let gradients = changetype<Gradients>(scratch);
  let ofBin = changetype<BinGradients>(scratch + BIN_GRADIENTS);
  do {
    gradients.ofValue = loadPart(dValue, count);
    gradients.ofLogDet = loadPart(dLogDet, count);
    let half: usize = 0;
    let pair = found + LOW;
    do {
      differentiatePair(
        changetype<Place>(pair), changetype<Gradients>(changetype<usize>(gradients) + half), ofBin,
        v128.load64_zero(found + half, offsetof<Bins>("input")), bound, linear, inverse,
      );
      half += 8;
      pair += offsetof<Place>();
      ofBin = changetype<BinGradients>(changetype<usize>(ofBin) + offsetof<BinGradients>());
    } while (half < 16);
    let dInput = gradients.dInput;
    if (!linear) dInput = v128.bitselect(gradients.ofValue, dInput, outsideOf(changetype<Bins>(found).input, edge));
    storePart(dx, dInput, count);
    found += foundBytes(bins);
    gradients = changetype<Gradients>(changetype<usize>(gradients) + offsetof<Gradients>());
    dValue += 16;
    dLogDet += 16;
    dx += 16;
    count -= 4;
  } while (count > 0);
}

/**
 * The gradients of a pair. They overwrite half of the values of four elements. The gradients of the bin and of both
 * slopes are computed as if they affected the output. Identity tails are left out.
 */
@inline
function differentiatePair(
  pair: Place, gradients: Gradients, ofBin: BinGradients, inputs: v128, bound: f64, linear: bool, inverse: bool,
): void {
  const at = changetype<usize>(gradients);
  const ofValue = f64x2.promote_low_f32x4(v128.load64_zero(at, offsetof<Gradients>("ofValue")));
  const ofLogDet = f64x2.promote_low_f32x4(v128.load64_zero(at, offsetof<Gradients>("ofLogDet")));
  const one = f64x2.splat(1);
  const two = f64x2.splat(2);
  const width = pair.width;
  const height = pair.height;
  const slope0 = pair.slope0;
  const slope1 = pair.slope1;
  const theta = pair.way;
  const overWidth = pair.start;
  const overD = pair.overD;
  const s = f64x2.mul(height, overWidth);
  const curvature = curvatureOf(slope0, slope1, s);
  const rest = f64x2.sub(one, theta);
  const cross = f64x2.mul(theta, rest);
  const squared = f64x2.mul(theta, theta);
  const n = madd2(slope0, cross, f64x2.mul(s, squared));
  const d = madd2(curvature, cross, s);
  const m = slopeNumerator(slope0, slope1, s, cross, squared, rest);
  const overM = f64x2.div(one, m);
  const tilt = nmadd2(two, theta, one);
  const twice = nmadd2(two, cross, one);
  const h = f64x2.mul(f64x2.mul(height, overD), overD);
  // Partial derivatives of y and of log dy/dx by θ, s, d₀ and d₁, each alone.
  const yTheta = f64x2.mul(f64x2.mul(h, s), m);
  const rise = nmadd2(slope0, rest, madd2(slope1, theta, f64x2.mul(s, tilt)));
  const bend = f64x2.mul(f64x2.mul(curvature, tilt), overD);
  const lTheta = f64x2.mul(two, f64x2.sub(f64x2.mul(rise, overM), bend));
  const yS = f64x2.mul(h, nmadd2(n, twice, f64x2.mul(squared, d)));
  const lS = f64x2.mul(
    two, f64x2.add(f64x2.div(width, height), f64x2.sub(f64x2.mul(cross, overM), f64x2.mul(twice, overD))),
  );
  const crossOverD = f64x2.mul(f64x2.mul(two, cross), overD);
  const y0 = f64x2.mul(f64x2.mul(h, cross), f64x2.sub(d, n));
  const l0 = f64x2.sub(f64x2.mul(f64x2.mul(rest, rest), overM), crossOverD);
  const y1 = f64x2.neg(f64x2.mul(f64x2.mul(h, cross), n));
  const l1 = f64x2.sub(f64x2.mul(squared, overM), crossOverD);

  let dY: v128, dInput: v128, dLeft: v128, dWidth: v128, dLog: v128;
  if (inverse) {
    // θ is given implicitly by y(θ) = input.
    dLog = f64x2.neg(ofLogDet);
    dY = f64x2.neg(f64x2.div(madd2(ofValue, width, f64x2.mul(dLog, lTheta)), yTheta));
    dInput = f64x2.neg(dY);
    dLeft = ofValue;
    dWidth = f64x2.mul(ofValue, theta);
  } else {
    dLog = ofLogDet;
    dY = ofValue;
    dInput = f64x2.mul(madd2(ofValue, yTheta, f64x2.mul(dLog, lTheta)), overWidth);
    dLeft = f64x2.neg(dInput);
    dWidth = f64x2.mul(theta, dLeft);
  }
  const dS = f64x2.mul(madd2(dY, yS, f64x2.mul(dLog, lS)), overWidth);
  dWidth = nmadd2(dS, s, dWidth);
  const dHeight = madd2(f64x2.mul(dY, n), overD, dS);
  let dSlope0 = madd2(dY, y0, f64x2.mul(dLog, l0));
  let dSlope1 = madd2(dY, y1, f64x2.mul(dLog, l1));
  const input = f64x2.promote_low_f32x4(inputs);
  const outside = f64x2.gt(f64x2.abs(input), f64x2.splat(bound));
  if (linear && v128.any_true(outside)) {
    const slope = tailSlopeOf(pair, input);
    const overSlope = f64x2.div(one, slope);
    const beyond = f64x2.sub(input, endOf(input, bound));
    // At ±∞ no slope changes the value.
    const lever = v128.and(beyond, f64x2.lt(f64x2.abs(beyond), f64x2.splat(Infinity)));
    const dTail = f64x2.mul(ofValue, inverse ? overSlope : slope);
    dInput = v128.bitselect(dTail, dInput, outside);
    let dTailSlope = f64x2.mul(ofLogDet, overSlope);
    // In the inverse the value changes by −(y ∓ b)/d², and the log-slope is −log d.
    if (inverse) {
      dTailSlope = f64x2.neg(madd2(f64x2.mul(f64x2.mul(lever, overSlope), ofValue), overSlope, dTailSlope));
    } else {
      dTailSlope = madd2(lever, ofValue, dTailSlope);
    }
    dSlope0 = v128.bitselect(dTailSlope, dSlope0, outside);
    dSlope1 = v128.bitselect(dTailSlope, dSlope1, outside);
  }
  storePair(at + offsetof<Gradients>("dInput"), dInput);
  storePair(at + offsetof<Gradients>("dSlope0"), dSlope0);
  storePair(at + offsetof<Gradients>("dSlope1"), dSlope1);
  ofBin.dLeft = dLeft;
  ofBin.dWidth = dWidth;
  ofBin.dBottom = dY;
  ofBin.dHeight = dHeight;
}

/** Stores a pair as float32. */
@inline
function storePair(at: usize, pair: v128): void {
  v128.store64_lane(at, f32x4.demote_f64x2_zero(pair), 0);
}

/** Factors of weights that make gradients of raw numbers: these reach all bins through the sum in the softmax. */
export function factors(found: usize, count: i32, bins: i32, scratch: usize): void {
  const reach = f64x2.splat(formIn(scratch).reach);
  let gradients = scratch;
  let ofBin = scratch + BIN_GRADIENTS;
  do {
    let half: usize = 0;
    let pair = found + LOW;
    do {
      factorsOfPair(changetype<Place>(pair), changetype<BinGradients>(ofBin), gradients + half, reach);
      half += 8;
      pair += offsetof<Place>();
      ofBin += offsetof<BinGradients>();
    } while (half < 16);
    found += foundBytes(bins);
    gradients += offsetof<Gradients>();
    count -= 4;
  } while (count > 0);
}

@inline
function factorsOfPair(pair: Place, ofBin: BinGradients, at: usize, reach: v128): void {
  const dLeft = ofBin.dLeft;
  const dWidth = ofBin.dWidth;
  const meanP = f64x2.mul(madd2(dLeft, pair.belowP, f64x2.mul(dWidth, pair.hereP)), pair.shareP);
  const scaleP = f64x2.mul(pair.shareP, reach);
  storePair(at + offsetof<Gradients>("dBelowP"), f64x2.mul(f64x2.sub(dLeft, meanP), scaleP));
  storePair(at + offsetof<Gradients>("dHereP"), f64x2.mul(f64x2.sub(dWidth, meanP), scaleP));
  storePair(at + offsetof<Gradients>("dAboveP"), f64x2.neg(f64x2.mul(meanP, scaleP)));
  const dBottom = ofBin.dBottom;
  const dHeight = ofBin.dHeight;
  const meanQ = f64x2.mul(madd2(dBottom, pair.belowQ, f64x2.mul(dHeight, pair.hereQ)), pair.shareQ);
  const scaleQ = f64x2.mul(pair.shareQ, reach);
  storePair(at + offsetof<Gradients>("dBelowQ"), f64x2.mul(f64x2.sub(dBottom, meanQ), scaleQ));
  storePair(at + offsetof<Gradients>("dHereQ"), f64x2.mul(f64x2.sub(dHeight, meanQ), scaleQ));
  storePair(at + offsetof<Gradients>("dAboveQ"), f64x2.neg(f64x2.mul(meanQ, scaleQ)));
}

/** The gradients of raw widths and heights. */
export function passToBins(
  found: usize, parameters: usize, dParameters: usize, stride: usize, count: i32, bins: i32, scale: f32, limit: f32,
  scratch: usize,
): void {
  const edge = f32x4.splat(formIn(scratch).edge);
  const factor = f32x4.splat(scale);
  const bound = f32x4.splat(limit);
  const one = i32x4.splat(1);
  const side = <usize>bins << 2;
  let gradients = scratch;
  do {
    const both = changetype<Bins>(found);
    const bin = both.bin;
    const outside = outsideOf(both.input, edge);
    const without0 = v128.shuffle<i32>(outside, outside, 0, 0, 0, 0);
    const without1 = v128.shuffle<i32>(outside, outside, 1, 1, 1, 1);
    const without2 = v128.shuffle<i32>(outside, outside, 2, 2, 2, 2);
    const without3 = v128.shuffle<i32>(outside, outside, 3, 3, 3, 3);
    // Widths, then heights.
    let weights = found + WEIGHTS;
    let from = parameters;
    let to = dParameters;
    const end = weights + (side << 3);
    do {
      const above = v128.load(gradients, offsetof<Gradients>("dAboveP"));
      const below = v128.xor(v128.load(gradients, offsetof<Gradients>("dBelowP")), above);
      const here = v128.xor(v128.load(gradients, offsetof<Gradients>("dHereP")), above);
      if (bins < 4 || count < 4) {
        passToFew(
          weights, bins, bin, outside, below, here, above, from, to, stride, min(count, 4), factor, bound, limit,
          productsIn(scratch, bins),
        );
      } else {
        // The last block overlaps the one before, so that none is partial.
        let column = 0;
        do {
          const first = min(column, bins - 4);
          const at = weights + (<usize>first << 4);
          const place0 = i32x4.sub(bin, i32x4.splat(first));
          const place1 = i32x4.sub(place0, one);
          const place2 = i32x4.sub(place1, one);
          const place3 = i32x4.sub(place2, one);
          const v0 = productOf(v128.load(at), place0, below, here, above);
          const v1 = productOf(v128.load(at, 16), place1, below, here, above);
          const v2 = productOf(v128.load(at, 32), place2, below, here, above);
          const v3 = productOf(v128.load(at, 48), place3, below, here, above);
          const t0 = lowPairs(v0, v1);
          const t1 = lowPairs(v2, v3);
          const t2 = highPairs(v0, v1);
          const t3 = highPairs(v2, v3);
          let r0 = firstHalves(t0, t1);
          let r1 = lastHalves(t0, t1);
          let r2 = firstHalves(t2, t3);
          let r3 = lastHalves(t2, t3);
          const place = <usize>first << 2;
          if (limit != 0) {
            const raw = from + place;
            r0 = throughClip(r0, raw, factor, bound);
            r1 = throughClip(r1, raw + stride, factor, bound);
            r2 = throughClip(r2, raw + 2 * stride, factor, bound);
            r3 = throughClip(r3, raw + 3 * stride, factor, bound);
          }
          const out = to + place;
          v128.store(out, v128.andnot(r0, without0));
          v128.store(out + stride, v128.andnot(r1, without1));
          v128.store(out + 2 * stride, v128.andnot(r2, without2));
          v128.store(out + 3 * stride, v128.andnot(r3, without3));
          column += 4;
        } while (column < bins);
      }
      gradients += 48;
      weights += side << 2;
      from += side;
      to += side;
    } while (weights < end);
    gradients += offsetof<Gradients>() - 96;
    parameters += 4 * stride;
    dParameters += 4 * stride;
    found += foundBytes(bins);
    count -= 4;
  } while (count > 0);
}

/** The same for one side, for few bins or few rows. */
function passToFew(
  weights: usize, bins: i32, bin: v128, outside: v128, below: v128, here: v128, above: v128,
  from: usize, to: usize, stride: usize, rows: i32, factor: v128, bound: v128, limit: f32, products: usize,
): void {
  const raw = products + (<usize>bins << 4);
  if (limit != 0) toLanes(from, stride, bins, rows, raw);
  for (let k = 0; k < bins; k++) {
    const at = <usize>k << 4;
    let v = productOf(v128.load(weights + at), i32x4.sub(bin, i32x4.splat(k)), below, here, above);
    if (limit != 0) v = throughClip(v, raw + at, factor, bound);
    v128.store(products + at, v128.andnot(v, outside));
  }
  fromLanes(products, bins, rows, to, stride);
}

/**
 * A weight times the factor for its place. `place` is the number of bins from the weight to the bin of the input. The
 * factors below and here are given as XOR differences from the factor above.
 */
@inline
function productOf(weight: v128, place: v128, below: v128, here: v128, above: v128): v128 {
  const zero = i32x4.splat(0);
  const isBelow = i32x4.gt_s(place, zero);
  const isHere = i32x4.eq(place, zero);
  return f32x4.mul(weight, v128.xor(above, v128.xor(v128.and(below, isBelow), v128.and(here, isHere))));
}

/** Gradients of clipped numbers times the derivative of the clip at raw ones. */
@inline
function throughClip(v: v128, raw: usize, factor: v128, bound: v128): v128 {
  return f32x4.mul(v, softClipSlope(f32x4.mul(v128.load(raw), factor), bound));
}

/** The gradients of raw slopes. */
export function passToSlopes(
  found: usize, to: usize, stride: usize, count: i32, bins: i32, slopeLimit: f32, linear: bool, scratch: usize,
): void {
  const edge = f32x4.splat(formIn(scratch).edge);
  const limit = f32x4.splat(slopeLimit);
  const zero = f32x4.splat(0);
  const one = i32x4.splat(1);
  const first = i32x4.splat(firstKnot(linear));
  const slopeCount = slopesOf(bins, linear);
  const last = i32x4.splat(slopeCount - 1);
  let gradients = changetype<Gradients>(scratch);
  do {
    const both = changetype<Bins>(found);
    let ofRaw0: v128, ofRaw1: v128;
    if (slopeLimit != 0) {
      ofRaw0 = f32x4.mul(both.exp0, softClipSlope(both.z0, limit));
      ofRaw1 = f32x4.mul(both.exp1, softClipSlope(both.z1, limit));
    } else {
      ofRaw0 = softplusSlope(both.z0, both.exp0);
      ofRaw1 = softplusSlope(both.z1, both.exp1);
    }
    const outside = outsideOf(both.input, edge);
    let without0 = outside;
    let without1 = outside;
    if (linear) {
      // A tail has the slope at its end, and nothing to do with the other one of that bin.
      const above = f32x4.gt(both.input, zero);
      without0 = v128.and(outside, above);
      without1 = v128.andnot(outside, above);
    }
    const dRaw0 = v128.andnot(f32x4.mul(gradients.dSlope0, ofRaw0), without0);
    const dRaw1 = v128.andnot(f32x4.mul(gradients.dSlope1, ofRaw1), without1);
    // Knot k lies between the bins k − 1 and k, and its parameter at k − first. Those at fixed ends have none: in place
    // of the first one that of the next is written after it, and in place of the last one that before it again.
    const below = i32x4.sub(both.bin, first);
    const place0 = i32x4.max_s(below, zero);
    const place1 = i32x4.min_s(i32x4.add(below, one), last);
    const ofPlace1 = v128.bitselect(dRaw0, dRaw1, i32x4.eq(place1, below));
    const to1 = to + (count > 1 ? stride : 0);
    const to2 = to1 + (count > 2 ? stride : 0);
    const to3 = to2 + (count > 3 ? stride : 0);
    fillZeros(to, to1, to2, to3, slopeCount);
    if (slopeCount > 0) {
      storeAt(to, i32x4.extract_lane(place0, 0), f32x4.extract_lane(dRaw0, 0));
      storeAt(to, i32x4.extract_lane(place1, 0), f32x4.extract_lane(ofPlace1, 0));
      if (count > 1) {
        storeAt(to1, i32x4.extract_lane(place0, 1), f32x4.extract_lane(dRaw0, 1));
        storeAt(to1, i32x4.extract_lane(place1, 1), f32x4.extract_lane(ofPlace1, 1));
      }
      if (count > 2) {
        storeAt(to2, i32x4.extract_lane(place0, 2), f32x4.extract_lane(dRaw0, 2));
        storeAt(to2, i32x4.extract_lane(place1, 2), f32x4.extract_lane(ofPlace1, 2));
      }
      if (count > 3) {
        storeAt(to3, i32x4.extract_lane(place0, 3), f32x4.extract_lane(dRaw0, 3));
        storeAt(to3, i32x4.extract_lane(place1, 3), f32x4.extract_lane(ofPlace1, 3));
      }
    }
    to += 4 * stride;
    found += foundBytes(bins);
    gradients = changetype<Gradients>(changetype<usize>(gradients) + offsetof<Gradients>());
    count -= 4;
  } while (count > 0);
}

/** The derivative of softplus, 1/(1 + e^−z), from e^−|z|. */
@inline
function softplusSlope(z: v128, e: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(v128.bitselect(one, e, f32x4.ge(z, f32x4.splat(0))), f32x4.add(one, e));
}

/** Four rows of zeros. */
@inline
function fillZeros(to0: usize, to1: usize, to2: usize, to3: usize, count: i32): void {
  if (count < 4) {
    for (let k = 0; k < count; k++) {
      const at = <usize>k << 2;
      store<f32>(to0 + at, 0);
      store<f32>(to1 + at, 0);
      store<f32>(to2 + at, 0);
      store<f32>(to3 + at, 0);
    }
    return;
  }
  const zero = f32x4.splat(0);
  let k = 0;
  do {
    const at = <usize>min(k, count - 4) << 2;
    v128.store(to0 + at, zero);
    v128.store(to1 + at, zero);
    v128.store(to2 + at, zero);
    v128.store(to3 + at, zero);
    k += 4;
  } while (k < count);
}

@inline
function storeAt(row: usize, place: i32, v: f32): void {
  store<f32>(row + (<usize>place << 2), v);
}
