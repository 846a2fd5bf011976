"""Reads the float32 tensors of a safetensors file: a header of JSON, then the values."""

import json
import struct

import torch


def read_tensors(path):
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        values = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(values, dtype=torch.float32, offset=begin, count=(end - begin) // 4)
        tensors[name] = tensors[name].reshape(entry["shape"]).clone()
    return tensors
