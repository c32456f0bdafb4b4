#!/bin/bash
#SBATCH -J alone

hostname
